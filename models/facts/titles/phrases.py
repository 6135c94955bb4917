"""Phrases by which a title's words mean something else, folded and written like `words`."""

NOT_SENIOR = """
    product owner~, process owner, project owner, data owner, system owner, service owner,
    application owner, app owner, platform owner, risk owner, control owner, budget owner,
    business process owner, content owner, account owner, technical owner, backlog owner,
    home ?owner, pet owner, dog owner, cat owner, boat owner, dono de produto, chief of staff~,
    chefs? de cabinet, chef de partie, chef de cuisine, sous chef, head chef, head ?hunter~,
    head ?count, founding engineer~, founding designer, founding member,
    founding account executive, founding~ (?:engineer|designer|developer|member), lead generation,
    lead gen, leads?generier~, lead management, leadgen~, lead nurturing, stage manager,
    backstage, student success, student affairs, student services, intern program,
    graduate program~, internship program~, staff accountant, staff writer, staff nurse,
    ceo office, ceo's office, office of the (?:c[a-z]o|president),
    founder'?s'? (?:associate~|office), chief petty~ officer, chief warrant officer,
    owner'?s rep~, owner relations, president's office, president'?s club,
    (?:ceo|cto|cfo|founder|president|owner)'?s? (?:coach~|advis~|recruit~|club|network), c-?suite,
    vp suite, executive search, executive recruit~, head of state, presidente de mesa,
    dona de casa, senior living, senior care, expert comptable, senior citizens?, junior high,
    junior league, junior achievement,
    head (?:waiter|waitress|barista|bartender|gardener|groundsman|coach|housekeeper|lifeguard|
    groom|baker|brewer|butler|porter|sommelier|boy|girl),
    lead (?:singer|vocalist|guitar~|actor|actress|dancer|paint|abatement|poisoning),
    leading (?:seaman|hand|actor|lady|man|firefighter),
    stage (?:designer|hand|director|technician|actor|lighting|crew|performer), ~-stage,
    (?:early|late|later|growth|seed|mid) stage,
    graduate (?:school|admission~|studies|education|office),
    student (?:advis~|counsel~|support|life|recruit~|engagement|experience|union|housing|finance|
    wellbeing|accommodation|loan~|records|development|activities),
    szef kuchni, szefowa kuchni, jef[ae] de (?:cocina|sala|partida), chefe de (?:cozinha|sala),
    capo ?cuoco, capo chef, wlasciciel~ (?:produktu|procesu), don[oa] d[eo] (?:produto|processo),
    duen[oa] del? (?:producto|proceso), propietari[oa] del? (?:producto|proceso),
    proprietari[oa] d[eio]l? (?:prodotto|processo|produto), titolare del trattamento,
    titolare di cattedra,
    (?:c[a-z]o|president|founder|owner|director|manager|head)'s
"""
"""Phrases that contain such a word without meaning it."""

ASSISTING = """
    (?:executive|personal|administrative|virtual|office|management|team|sales|marketing|legal|
    hr|research|teaching|medical|dental|ceo|board|project|store|shop|clinical|lab|
    care)? assistant(?! (?:vice|vp|manager|director|head|general|professor|store manager|controller|
    treasurer|principal|dean|team lead)), assistant d[eu], assistante, assistantin, assistent,
    assistentin, assistentin~,
    assistenz, ~assistent, ~assistentin, ~assistenz, asistente, asistenta, asystent, asystentka,
    assistente, pa, ea, secretary, secretaire(?! general), sekretar, sekretarin, ~sekretarin,
    ~sekretar, secretaria, secretario(?! general), segretaria, segretario(?! generale), sekretarz,
    sekretarka, secretaresse, ~secretaresse, secretaris, receptionist~, recepcionista,
    rezeptionist~
"""
"""Assistants: whatever else such a title names is somebody else's position."""

SERVING = """
    to (?:the|our) (?:ceo|cfo|cto|coo|cmo|cio|board|president|founder|founders|chair\\w*|md|vp|
    managing director|chief|executive|director|head|management),
    to (?:ceo|cfo|cto|coo|cmo|cio|president|md|founder|vp|svp), reporting to, report to,
    reports to, on behalf of, in support of, supporting,
    supports? (?:the )?(?:ceo|cfo|cto|coo|cmo|founder|founders|executives?), coach for,
    coaching for, advisor to, adviser to, advising, consultant to, consultant for, partner to,
    trusted by, helping, i help, we help, des geschaftsfuhrers, der geschaftsfuhrerin, aupres d~,
    du (?:president|pdg|dg|directeur|gerant|fondateur), to founders,
    (?<!office )of (?:the )?(?:c[efmti]o|coo|president|founders?|owners?),
    for (?:ceo|cfo|cto|coo|founder|owner|executive|president|director)s, in founders,
    des (?:vorstandsvorsitz~|ceo|inhabers|prasidenten),
    del (?:presidente|director|directora|ceo|direttore|titolare), de la presidenta,
    do (?:presidente|diretor|ceo), dell'amministratore delegato,
    van de (?:ceo|cfo|cto|coo|directeur|directie|eigenaar)
"""
"""After these words, a role names whom its holder works for."""

FORMER = """
    former, formerly, wanna-?be, not the, ex-\\w+, previously, retired, aspiring, future,
    past (?:president|ceo|vp|director|chair\\w*), soon to be, ehemalig~, ehem, ancien, ancienne,
    antiguo, antigua, ex, byly, byla, voormalig~, gepensioneerd~, im ruhestand, retraite,
    retraitee, jubilado, jubilada, aposentado, aposentada, pensionato, pensionata, \\w+ emerit~
"""
"""What somebody was, or wants to be."""

NOT_OF_DEPARTMENT = """
    commercial(?= (?:pilot|driver|photograph~|property|real estate|lawyer|counsel|attorney|
    solicitor|litigation|diver|electrician|plumber|fisher~|cleaner|insurance|lending|banker|
    banking|vehicle~|airline~|artist)), (?:landscape|naval) architect~,
    (?:interior|fashion|floral|set|costume|lighting|sound|landscape|jewel~|textile|instructional|
    garden|hair|stage|theat~|footwear|furniture|exhibition|kitchen) design~,
    design~ (?:de moda|de interiores|d'interieur|d'interni|di moda),
    disenador~ de (?:moda|interiores), (?:deep|deep-|north) ?sea, sea (?:captain|pilot|freight),
    press (?:brake~|operator|fitter|setter), (?:printing|punch|hydraulic|offset) press,
    community (?:nurs~|pharmac~|health|care|psychiatr~|midwi~|college|support|police~|mental),
    social security, growth stage, security guard~, event security, support workers?,
    (?:learning|family|housing|peer|classroom) support, add?ett[oaie] ai,
    ai (?:servizi|lavori|clienti|fornitori|trasporti|rapporti), consiglio d[i'] ?amministrazione,
    steuermann, steuerung~, steuergerat~, betriebsrat~, betriebsarzt~, betriebswirt~,
    (?:projekt|immobilien|organisations|stadt|grundstucks|regional)entwickl~,
    (?:unternehmens|fuhrungskrafte)entwicklung, (?:project|gebieds|vastgoed)ontwikkel~,
    (?:ruimtelijke|persoonlijke|duurzame) ontwikkeling, ontwikkeling (?:&|en) opleiding~,
    deweloper (?:nieruchomosci|mieszka~), network(?= marketing),
    (?:real estate|property|land|housing|curriculum|course|training|leadership|community|recipe|
    learning) developers?, fiscal (?:de|general|adjunt~|jefe), ^fiscal$
"""
"""Phrases that contain a department's word without meaning it."""
