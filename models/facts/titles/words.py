"""The words of job titles, folded (no case, no accents), by their meaning.

Commas separate them; `~` stands for any letters at that end of a word. Each is one or more whole
words. A word is listed only if it means the same in every language that has it.
"""

SENIORITY_WORDS = {
    "c_level": """
        ceo, cfo, cto, coo, cmo, cio, cpo, cro, chro, cdo, cso, ciso, cco, clo, cxo, cao, cgo,
        cbo, cpto, ctpo, chief [^|]+ officer, chief executive~,
        chief (?:financial|marketing|technology|technical|operating|information|product|revenue|
        people|data(?! scien~|arch~|engin~)|commercial|growth|digital|strategy|legal|medical|
        scientific|innovation|customer|risk|security|sales|human resources|compliance|
        sustainability|ai)(?! of), founder, co-?founder, co founder, founding partner, founders,
        (?<!vice )(?<!vice-)(?<!assistant )president, (?<!vice )(?<!vice-)presidente,
        (?<!vice )(?<!vice-)presidenta, prasident, prasidentin, managing director,
        managing directors, managing partner, managing member, general partner, owner, co-?owner,
        owner-operator, proprietor, sole trader, geschaftsfuhrer~, geschaftsfuhrend~,
        geschaftsleiter~, vorstand, vorstandin, vorstandsvorsitz~, vorstandsmitglied~,
        vorstandssprecher~, mitglied der geschaftsleitung, mitglied der geschaftsfuhrung,
        mitglied des vorstands, inhaber, inhaberin, mitinhaber~, grunder, grunderin, mitgrunder~,
        gesellschafter, gesellschafterin, geschaftsfuhrungsmitglied, pdg,
        president-directeur~ general~, president directeur~ general~, directeur general,
        directrice generale, directeur-general, dg, fondateur, fondatrice, co-?fondateur,
        co-?fondatrice, gerant(?! de portefeuille), gerante, co-?gerant, membre du directoire,
        president du directoire, dirigeant, dirigeante, associe gerant, associe fondateur,
        director general, directora general, director gerente, directora gerente,
        consejero delegado, consejera delegada, director ejecutivo, directora ejecutiva,
        gerente general, fundador, fundadora, co-?fundador, co-?fundadora, socio fundador,
        socia fundadora, socio director, socia directora, dueno, duena, propietario, propietaria,
        diretor geral, diretora geral, diretor-geral, diretora-geral, diretor executivo,
        diretora executiva, gerente geral, socio-gerente, socia-gerente, socio gerente,
        administrador delegado, administradora delegada, dono, dona, proprietario, proprietaria,
        amministratore delegato, amministratrice delegata, amministratore unico,
        amministratrice unica, direttore generale, direttrice generale, fondatore, cofondatore,
        cofondatrice, titolare, socio fondatore, socia fondatrice, prezes, prezeska,
        prezes zarzadu, czlonek zarzadu, czlonkini zarzadu, dyrektor generalny,
        dyrektorka generalna, dyrektor zarzadzajacy, dyrektorka zarzadzajaca, wlasciciel,
        wlascicielka, wspolwlasciciel~, zalozyciel, zalozycielka, wspolzalozyciel~,
        algemeen directeur, directeur-eigenaar, directeur eigenaar, directeur-grootaandeelhouder,
        dga, eigenaar, eigenaresse, mede-?eigenaar, oprichter, oprichtster, mede-?oprichter,
        medeoprichtster, bestuursvoorzitter, zaakvoerder, zaakvoerster, statutair directeur
    """,
    "vp": """
        vp, svp, evp, avp, gvp, rvp, vice president, vice-president, vicepresident,
        vice presidents, vice presidente, vice-presidente, vicepresidente, vicepresidenta,
        vice-presidenta, vizeprasident~, wiceprezes, wiceprezeska, vice prezes, vice president~,
        vicevoorzitter
    """,
    "head": """
        head, co-?head,
        chief (?:architect|engineer|scientist|economist|designer|evangelist|accountant|editor|
        analyst|underwriter|developer), leiter, leiterin, leitung, leitend~, abteilungsleit~,
        bereichsleit~, hauptabteilungsleit~, ressortleit~, niederlassungsleit~, standortleit~,
        werksleit~, betriebsleit~, vertriebsleit~, marketingleit~, personalleit~, verkaufsleit~,
        entwicklungsleit~, einkaufsleit~, finanzleit~, kundendienstleit~, produktionsleit~,
        it-leit~, itleit~, rechtsleit~, serviceleit~, chefentwickler~, chefarchitekt~,
        chefredakteur~, prokurist, prokuristin, chef de service, cheffe de service,
        chef du service, chef de departement, cheffe de departement, chef comptable,
        chef des ventes, cheffe des ventes, jefe(?! de pro|de obra), jefa(?! de pro|de obra),
        chefe, capo(?! progetto), capo area, capoarea, capo reparto, hoofd, afdelingshoofd,
        hoofd~redacteur, naczelnik, glowny ksiegowy, glowna ksiegowa, szef, szefowa
    """,
    "director": """
        director, directora, directors, executive director, direktor, direktorin, directeur,
        directrice, direttore, direttrice, diretor, diretora, dyrektor, dyrektorka, dir, drh, dsi,
        daf, adjunct-directeur, adjunctdirecteur, vertriebsdirektor~, marketingdirektor~,
        personaldirektor~, finanzdirektor~, vicedirettore, vicedirettrice
    """,
    "manager": """
        manager, managers, managerin, mgr, ~manager, ~managerin, team ?lead, team ?leader,
        teamlead~, teamleit~, teammanager~, projektleit~, gruppenleit~, filialleit~, schichtleit~,
        marktleit~, bauleit~, produktmanager~, projektmanager~, vertriebsmanager~, supervisor,
        supervisora, squad lead, tribe lead, chapter lead, practice lead, group lead,
        project lead, store lead, responsable, responsabile, gerente, gestor, gestora,
        gestionnaire(?! (?:de )?(?:paie|paye|stocks?|sinistres|contrats|dossiers|clientele|
        patrimoine|comptes|copropriete|rh|assurance~|administrati~|locati~)), manageur, manageuse,
        chef de projet, cheffe de projet, chef de projets,
        chef de produit, cheffe de produit, chef de produits, chef d'equipe, cheffe d'equipe,
        chef de marche, chef de secteur, capo progetto, capoprogetto, product lead,
        marketing lead, sales lead, encargado, encargada, jefe de proyecto, jefa de proyecto,
        jefe de producto, kierownik, kierowniczka, menedzer, menedzerka, manazer, teamleider,
        teamleidster, projectleider, projectleidster, afdelingsmanager, bedrijfsleider,
        bedrijfsleidster
    """,
    "senior": """
        senior, sr, sen, seniorin, (?<!vice )(?<!school )principal,
        staff (?:engineer|software~|designer|scientist|data~|product~|developer|researcher), lead,
        tech lead, technical lead, starszy, starsza, glowny, glowna, referent principal, expert,
        expertin, experte, leading
    """,
    "junior": """
        junior, jr, juniorin, intern, interns, internship, trainee, apprentice, graduate,
        working student, student, studentin, werkstudent~, praktikant~, praktikum, azubi~,
        auszubildend~, lehrling, volontar~, duale~ student~, stagiaire, stage, alternant,
        alternante, alternance, apprenti, apprentie, etudiant, etudiante, becario, becaria,
        practicante, aprendiz, estudiante, estagiario, estagiaria, estudante, stagista,
        tirocinante, apprendista, studente, studentessa, praktykant, praktykantka, stazysta,
        stazystka, mlodszy, mlodsza, stagiair, leerling, entry level, entry-level
    """,
}
"""Highest first: a title with words of several levels has the first of them."""

DEPARTMENT_WORDS = {
    "sales": """
        sales, ~sales, business developer~, cro, chief revenue, revenue, business development, biz
        ?dev, bdr, sdr, bdm,
        account executive~, account manager~, account management, account director, key account~,
        key-account~, accountmanager~, presales, pre-sales, commercial, commerciale, commerciaux,
        commercieel, commerciele,
        ingenieur commercial, partnerships?, channel~, inside sales, territory, vertrieb~,
        verkauf~, verkaufer~, aussendienst~, innendienst~, geschaftsentwicklung, ventes, vente,
        vendeur, vendeuse, technico-commercial~, developpement commercial, ventas, ventes?,
        comercial, comerciales, vendedor, vendedora, desarrollo de negocio, vendas,
        desenvolvimento de negocios, vendite, venditore, venditrice, sviluppo commerciale,
        agente di commercio, rappresentante di commercio, geschaftsentwickler~, sprzedawc~,
        vertegenwoordiger~,
        sprzedaz~, handlow~, handlowiec, rozwoju biznesu, verkoop~, verkoper, verkoopster,
        accountmanagement
    """,
    "marketing": """
        marketing~, ~marketing, marketer, marketeer, cmo, brand, branding, content, copywriter,
        communications?, comms, pr, public relations, press, seo, sea, sem, demand gen~,
        demand generation, lead generation, lead gen, growth, social media, community manager,
        community, events?, event manager~, campaigns?, performance marketing, email marketing,
        product marketing~, marketing operations, go-?to-?market, gtm, creative director,
        advertising, media planner, editor, ~redakteur~, redakteur~, kommunikation~,
        unternehmenskommunikation, offentlichkeitsarbeit, werbung, werbe~, markenf~,
        communication, marque, publicite, redacteur, redactrice, evenementiel, comunicacion,
        publicidad, marca, contenidos, comunicacao, publicidade, conteudo, comunicazione,
        pubblicita, contenuti, marketingu, komunikacji, reklamy, marki, marketingowy,
        marketingowa, communicatie, redacteur~
    """,
    "engineering": """
        engineer, engineers, engineering, software~, developer, developers, development engineer,
        programmer, coder, cto, chief technology, chief technical, technology, devops, dev ops,
        sre, site reliability, platform engineer~, full-?stack, full stack, fullstack~, backend,
        back-end, back end, frontend, front-end, front end, web developer, mobile developer, ios,
        android, embedded~, firmware~, qa, quality assurance, test automation, tester, r&d,
        research and development, research & development, hardware~, architect, architekt~,
        solution architect, solutions architect, technical lead, tech lead, entwickler,
        entwicklerin, (?!personal|geschafts)~entwickler, (?!personal|geschafts)~entwicklerin,
        softwareentwickl~, entwicklung, ingenieur,
        ingenieurin, ~ingenieur, ~ingenieurin, technik, technisch~ leit~, konstrukteur~,
        forschung~, programmierer~, ingenieure, developpeur, developpeuse, ingenierie,
        recherche et developpement, ingeniero, ingeniera, ingenieria, desarrollador,
        desarrolladora, programador, programadora, desarrollo de software, investigacion~,
        engenheiro, engenheira, engenharia, desenvolvedor, desenvolvedora, ingegnere, ingegneria,
        sviluppatore, sviluppatrice, programmatore, programmatrice, inzynier, inzynierii,
        programista, programistka, technologii, deweloper, ontwikkelaar, ~ontwikkelaar,
        ontwikkeling, programmeur, technisch directeur
    """,
    "product": """
        product, products, product owner~, product manager~, produktmanager~, produktmanagement,
        produkt, produktowner~, produktverantwortlich~, chief product, cpto, ux~, ui, ui/ux,
        ux/ui, user experience, user research~, product design~, designer, design,
        interaction design~, chef de produit, cheffe de produit, chef de produits, produit,
        produits, producto, productos, produto, produtos, prodotto, prodotti, produktu, produktow,
        produktowy, productmanager~, productmanagement, diseno, diseñador~, designerin
    """,
    "it": """
        it, i\\.t\\., it-~, cio, ciso, chief information, information technology,
        information systems?, systems? administrator, sysadmin, system admin, network~,
        infrastructure, cyber~, cybersecurity, information security, infosec, security,
        help ?desk, service ?desk, desktop support, it support, cloud~, database administrator,
        dba, erp, sap, salesforce admin~, crm admin~, informatik~, systemadministrator~, edv~,
        netzwerk~, informationstechnik~, informationssicherheit, dsi, informatique,
        systemes d'information, systeme d'information, administrateur systeme~, rssi, informatica,
        sistemas, administrador de sistemas, amministrator~ di sistem[ai], sistemi informativi,
        sistemista, ti, tic,
        tecnologias de informacion, tecnologia da informacao, informatyk, informatyki,
        administrator systemow, ict, systeembeheer~, informatiemanag~, informaticien,
        informaticienne
    """,
    "data": """
        data, ~data, analytics, data analyst, business intelligence, bi, machine learning, ml, ai,
        artificial intelligence, deep learning, nlp, chief data, statistician, data scientist,
        data science, data engineer~, data analytics, datenanaly~, daten(?!schutz)~,
        dateningenieur~, ki, kunstliche intelligenz, donnees, intelligence artificielle, datos,
        inteligencia artificial, ciencia de datos, dados, ciencia de dados, dati,
        intelligenza artificiale, danych, sztucznej inteligencji, analityk danych, web analyst
    """,
    "finance": """
        finance, financial, finances, cfo, chief financial, accounting, accountant,
        accounts payable, accounts receivable, bookkeeper, bookkeeping, controller,
        controllership, controlling, treasury, treasurer, tax, audit, auditor, fp&a, payroll,
        billing, investor relations, finanz~, finanzen, buchhalt~, rechnungswesen, steuer~,
        steuern, wirtschaftsprufer~, kaufmannisch~, daf, financier, financiere, comptable,
        comptabilite, comptes, controle de gestion, controleur de gestion, controleuse de gestion,
        tresorerie, tresorier, fiscalite, finanzas, financiero, financiera, contable,
        contabilidad, contador, contadora, tesoreria, fiscal, financas, financeiro, financeira,
        contabilista, tesouraria, finanza, finanziario, finanziaria, contabile, contabilita,
        amministrazione, ragioniere, ragioniera, commercialista, tesoriere, finansow, finansowy,
        finansowa, finansowego, ksiegow~,
        glowny ksiegowy, glowna ksiegowa, kontroler finansowy, financieel, financiele, financien,
        boekhoud~, administratie
    """,
    "hr": """
        hr, human resources, human resource, chro, people, people & culture, people and culture,
        people operations, people ops, talent, talent acquisition, recruiter, recruiting,
        recruitment, sourcer, hrbp, l&d, learning and development, learning & development,
        compensation, benefits, employer branding, diversity, chief people, head ?hunter~,
        personal(?:abteilung|wesen|leit~|entwickl~|referent~|direktor~|management|gewinnung),
        personalreferent~, ~leiter personal, ~leiterin personal, leitung personal, bereich personal,
        drh, rh, ressources humaines, recrutement, recruteur, recruteuse, formation, rrhh, rr hh,
        recursos humanos, seleccion, talento, reclutador, reclutadora, recrutador, recrutadora,
        risorse umane, selezione del personale, selezione, reclutamento, kadr~, rekruter~,
        rekrutacji, zasobow ludzkich, personeel~, p&o, personeelszaken, werving
    """,
    "operations": """
        operations, operation, operational, ops, coo, chief operating, revenue operations, revops,
        sales operations, sales ops, business operations, supply chain, logistics, logistic,
        procurement, purchasing, buyer, production, manufacturing, plant manager, facility,
        facilities, warehouse, fulfil+ment, quality manager~, process improvement, lean,
        six sigma, transformation, pmo, project management office, office manager~, betrieb,
        betriebs~, logistik~, einkauf~, einkaufer~, beschaffung~, produktion~, lager~,
        qualitatsmanag~, werksleit~, exploitation, logistique, achats, acheteur, acheteuse,
        approvisionnement~, chaine d'approvisionnement, operaciones, logistica, compras,
        comprador, compradora, cadena de suministro, operacoes, produccion, producao, producao,
        operazioni, acquisti, produzione, operacyjn~, operacji, logistyk~, zakup~, produkcji,
        operationeel, operationele, logistiek, inkoop~, inkoper, productie~, bedrijfsvoering
    """,
    "legal": """
        legal, lawyer, attorney, counsel, general counsel, solicitor, barrister, paralegal,
        compliance, privacy, data protection~, dpo, clo, chief legal, regulatory,
        contracts? manager, jurist, juristin, rechts~, rechtsanwalt, rechtsanwaltin, syndikus~,
        datenschutz~, justiziar~, juridique, juriste, avocat, avocate, conformite,
        proteccion de datos, juridico, juridica, abogado, abogada, cumplimiento, advogado,
        advogada, avvocato, avvocata, legale, affari legali, prawn~, prawnik, prawniczka,
        radca prawny, adwokat, zgodnosci, jurydyczn~, juridisch, juridische, advocaat,
        bedrijfsjurist
    """,
    "support": """
        support, customer support, customer service, customer services, customer success~,
        customer care, customer experience, cx, client success, client service, client services,
        client support, technical support, support engineer, customer success engineer, csm,
        call cent(?:er|re), contact cent(?:er|re), customer operations, onboarding,
        kundenservice~, kundendienst~, kundenbetreu~, kundenerfolg, kundensupport, service client,
        relation client, relations clients, support client, support technique, experience client,
        charge de clientele, chargee de clientele, atencion al cliente, servicio al cliente,
        exito del cliente, soporte, atendimento~, apoio ao cliente, suporte, sucesso do cliente,
        assistenza clienti, servizio clienti, supporto, obslugi klienta, obsluga klienta,
        wsparcia, wsparcie, klantenservice, klantendienst, klantsucces
    """,
}
"""Of several, the one that a title names first; at the same place, the longest."""
