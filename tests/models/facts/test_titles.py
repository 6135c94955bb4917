"""Job titles and what a reader of the field takes them for: a title a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts.titles.meaning import DEPARTMENTS, SENIORITIES, meaning_of

TITLES = """
CEO | c_level | other
Chief Executive Officer | c_level | other
CEO & Founder | c_level | other
Founder | c_level | other
Founder & CEO at Acme | c_level | other
Co-Founder / Advisor / Angel | c_level | other
Cofounder and CTO | c_level | engineering
Co founder | c_level | other
VP and co-founder | c_level | other
Founding Partner | c_level | other
Founding Engineer | other | engineering
Founding Account Executive | other | sales
CFO | c_level | finance
C.F.O. | c_level | finance
Chief Financial Officer | c_level | finance
Group CFO & Board Member | c_level | finance
CTO | c_level | engineering
Chief Technology Officer | c_level | engineering
Chief Technical Officer | c_level | engineering
COO | c_level | operations
Chief Operating Officer | c_level | operations
CMO | c_level | marketing
Chief Marketing Officer | c_level | marketing
Chief Marketing & Growth Officer | c_level | marketing
Chief Revenue Officer | c_level | sales
CRO | c_level | sales
Chief Commercial Officer | c_level | sales
Chief Product Officer | c_level | product
CPTO | c_level | product
Chief People Officer | c_level | hr
CHRO | c_level | hr
Chief Human Resources Officer | c_level | hr
CIO | c_level | it
Chief Information Officer | c_level | it
CISO | c_level | it
Chief Information Security Officer | c_level | it
Chief Data Officer | c_level | data
Chief Legal Officer | c_level | legal
Chief Customer Officer | c_level | other
Chief Strategy Officer | c_level | other
Owner | c_level | other
Business Owner | c_level | other
Co-owner | c_level | other
Owner, Green Gardens Landscaping | c_level | other
Owner-Operator | c_level | other
President | c_level | other
President & CEO | c_level | other
Managing Director | c_level | other
Managing Director, Sales | c_level | sales
Managing Partner | c_level | other
Proprietor | c_level | other
Product Owner | other | product
Senior Product Owner | senior | product
Process Owner | other | other
Data Owner | other | data
Homeowner | other | other
System Owner | other | other
Assistant to the CEO | other | other
Executive Assistant to the CEO | other | other
Executive Assistant to CFO | other | other
Personal Assistant to the Managing Director | other | other
CEO Assistant | other | other
EA to the Founder | other | other
PA to CEO | other | other
Secretary to the President | other | other
Office of the CEO | other | other
Advisor to the CEO | other | other
Reporting to the CTO | other | other
Supporting the CEO | other | other
Chief of Staff | other | other
Chief of Staff to the CEO | other | other
Chief of Staff, Office of the President | other | other
Former CEO | other | other
Ex-CEO | other | other
Ex-Google | other | other
Retired President | other | other
Aspiring Founder | other | other
Past President, Rotary Club | other | other
VP | vp | other
Vice President | vp | other
Vice-President | vp | other
VP Sales | vp | sales
VP, Sales & Marketing | vp | sales
VP of Marketing | vp | marketing
V.P. Engineering | vp | engineering
SVP Engineering | vp | engineering
EVP, Global Operations | vp | operations
Senior Vice President, Finance | vp | finance
Regional Vice President of Sales | vp | sales
Assistant Vice President | vp | other
AVP, Risk | vp | other
Vice President of People | vp | hr
Vice President Product Management | vp | product
RVP Sales, EMEA | vp | sales
Area Vice President, Customer Success | vp | support
Head of Sales | head | sales
Head of Marketing | head | marketing
Head of Account Management | head | sales
Head of Growth | head | marketing
Head of Engineering | head | engineering
Head of Product | head | product
Head of Product Marketing | head | marketing
Head of IT | head | it
Head of Data | head | data
Head of Data Science & AI | head | data
Head of Finance | head | finance
Head of People | head | hr
Head of Talent Acquisition | head | hr
Head of Legal | head | legal
Head of Customer Success | head | support
Head of Customer Support | head | support
Head of Revenue Operations | head | operations
Head of Operations | head | operations
Head of Partnerships | head | sales
Head of Demand Generation | head | marketing
Head of Business Development | head | sales
Global Head of Security | head | it
Co-Head, Design | head | product
Chief Architect | head | engineering
Chief Accountant | head | finance
Chief Data Scientist | other | data
Director | director | other
Director of Sales | director | sales
Sales Director, DACH | director | sales
Senior Director, Marketing | director | marketing
Director Demand Generation | director | marketing
Director of Engineering | director | engineering
Director, Product Management | director | product
IT Director | director | it
Director of Analytics | director | data
Finance Director | director | finance
Director of Human Resources | director | hr
Director of Supply Chain | director | operations
Director, Legal & Compliance | director | legal
Director of Customer Experience | director | support
Associate Director, Brand | director | marketing
Executive Director | director | other
Assistant Director | director | other
Creative Director | director | marketing
Account Director | director | sales
Deputy Director of Procurement | director | operations
Manager | manager | other
Sales Manager | manager | sales
Regional Sales Manager | manager | sales
Marketing Manager | manager | marketing
Product Marketing Manager | manager | marketing
Senior Product Manager | manager | product
Group Product Manager | manager | product
Project Manager | manager | other
IT Project Manager | manager | it
Engineering Manager | manager | engineering
Account Manager | manager | sales
Key Account Manager | manager | sales
Customer Success Manager | manager | support
Community Manager | manager | marketing
Social Media Manager | manager | marketing
Content Marketing Manager | manager | marketing
Finance Manager | manager | finance
HR Manager | manager | hr
People Operations Manager | manager | hr
Office Manager | manager | operations
Operations Manager | manager | operations
Logistics Manager | manager | operations
Procurement Manager | manager | operations
Legal Operations Manager | manager | legal
Compliance Manager | manager | legal
Revenue Operations Manager | manager | operations
Sales Operations Manager | manager | operations
Marketing Operations Manager | manager | marketing
Data Analytics Manager | manager | data
Assistant Manager | manager | other
General Manager | manager | other
Store Manager | manager | other
Team Lead | manager | other
Team Lead Sales | manager | sales
Team Leader, Customer Service | manager | support
Teamlead Software Development | manager | engineering
Squad Lead | manager | other
Shift Supervisor | manager | other
Growth Manager | manager | marketing
Partnerships Manager | manager | sales
Channel Manager | manager | sales
Lead Generation Manager | manager | marketing
Brand Manager | manager | marketing
Event Manager | manager | marketing
Recruitment Manager | manager | hr
Tax Manager | manager | finance
Quality Manager | manager | operations
Senior Software Engineer | senior | engineering
Sr. Developer | senior | engineering
Senior Account Executive | senior | sales
Senior Data Scientist | senior | data
Principal Engineer | senior | engineering
Staff Software Engineer | senior | engineering
Lead Engineer | senior | engineering
Lead Designer | senior | product
Tech Lead | senior | engineering
Senior Recruiter | senior | hr
Senior Accountant | senior | finance
Senior Counsel | senior | legal
Senior Financial Analyst | senior | finance
Senior UX Researcher | senior | product
Senior Marketing Specialist | senior | marketing
Senior Consultant | senior | other
Staff Accountant | other | finance
Junior Developer | junior | engineering
Jr. Accountant | junior | finance
Marketing Intern | junior | marketing
Sales Trainee | junior | sales
Graduate Engineer | junior | engineering
Working Student Marketing | junior | marketing
Apprentice Electrician | junior | other
Student | junior | other
Software Engineering Intern | junior | engineering
Software Engineer | other | engineering
Full Stack Developer | other | engineering
Full-Stack Developer | other | engineering
Frontend Engineer | other | engineering
Backend Developer | other | engineering
DevOps Engineer | other | engineering
Site Reliability Engineer | other | engineering
QA Engineer | other | engineering
Solutions Architect | other | engineering
Sales Engineer | other | sales
Account Executive | other | sales
SDR | other | sales
Sales Development Representative | other | sales
Business Development Representative | other | sales
Inside Sales Representative | other | sales
Copywriter | other | marketing
SEO Specialist | other | marketing
PR Consultant | other | marketing
UX Designer | other | product
Product Designer | other | product
Data Analyst | other | data
Data Engineer | other | data
Machine Learning Engineer | other | data
Business Intelligence Developer | other | data
System Administrator | other | it
Network Engineer | other | it
IT Support Specialist | other | it
Cybersecurity Analyst | other | it
Accountant | other | finance
Controller | other | finance
Auditor | other | finance
Bookkeeper | other | finance
Recruiter | other | hr
Talent Partner | other | hr
HR Business Partner | other | hr
Lawyer | other | legal
General Counsel | other | legal
Data Protection Officer | other | legal
Paralegal | other | legal
Buyer | other | operations
Supply Chain Analyst | other | operations
Customer Support Agent | other | support
Technical Support Engineer | other | support
Call Center Agent | other | support
Consultant | other | other
Teacher | other | other
Nurse | other | other
Professor | other | other
Photographer | other | other
Ninja | other | other
Executive Search Consultant | other | other
Headhunter | other | hr
Receptionist | other | other
Sales Assistant | other | sales
Marketing Assistant | other | marketing
Virtual Assistant | other | other
Geschäftsführer | c_level | other
Geschäftsführerin | c_level | other
Geschäftsführer:in | c_level | other
Geschäftsführende Gesellschafterin | c_level | other
Geschäftsführer Vertrieb | c_level | sales
Mitglied der Geschäftsführung | c_level | other
Mitglied der Geschäftsleitung | c_level | other
Mitglied des Vorstands | c_level | other
Vorstand | c_level | other
Vorstandsvorsitzender | c_level | other
Finanzvorstand | other | finance
Inhaber | c_level | other
Inhaberin und Gründerin | c_level | other
Gründer & Geschäftsführer | c_level | other
Mitgründerin | c_level | other
Prokurist | head | other
Assistentin der Geschäftsführung | other | other
Assistenz der Geschäftsleitung | other | other
Vorstandsassistentin | other | other
Referent der Geschäftsführung | other | other
Leiterin Vertrieb | head | sales
Leiter Marketing | head | marketing
Vertriebsleiter | head | sales
Vertriebsleiter/in | head | sales
Marketingleiterin | head | marketing
Personalleiterin | head | hr
Leiter Personal | head | hr
Leiter IT | head | it
IT-Leiter | head | it
Leiterin Finanzen & Controlling | head | finance
Leitung Einkauf | head | operations
Abteilungsleiterin Kundenservice | head | support
Bereichsleiter Entwicklung | head | engineering
Leiter Recht & Compliance | head | legal
Stellvertretender Leiter Logistik | head | operations
Teamleiter Vertrieb | manager | sales
Teamleiterin Kundenservice (m/w/d) | manager | support
Projektleiter | manager | other
Filialleiterin | manager | other
Produktmanagerin | manager | product
Vertriebsmitarbeiter im Außendienst | other | sales
Softwareentwickler | other | engineering
Softwareentwickler*in | other | engineering
Entwicklungsingenieur | other | engineering
Buchhalterin | other | finance
Steuerberater | other | finance
Rechtsanwältin | other | legal
Personalreferentin | other | hr
Einkäufer | other | operations
Systemadministrator | other | it
Fachinformatiker | other | other
Werkstudent Marketing (m/w/d) | junior | marketing
Praktikantin Vertrieb | junior | sales
Auszubildender | junior | other
Kundenberater | other | other
Datenanalyst | other | data
Datenschutzbeauftragter | other | legal
Sachbearbeiterin Einkauf | other | operations
Ehemaliger Geschäftsführer | other | other
PDG | c_level | other
Président-directeur général | c_level | other
Président-directeur général adjoint | c_level | other
Président | c_level | other
Directrice générale | c_level | other
Directeur général délégué | c_level | other
DG | c_level | other
Fondateur | c_level | other
Co-fondatrice & CEO | c_level | other
Cofondateur | c_level | other
Gérant | c_level | other
Gérante | c_level | other
Gérant de portefeuille | other | other
Membre du directoire | c_level | other
Vice-président | vp | other
Vice-présidente Produit | vp | product
Directeur commercial | director | sales
Directrice marketing | director | marketing
Directeur·rice Marketing | director | marketing
Directeur des ressources humaines | director | hr
DRH | director | hr
DSI | director | it
DAF | director | finance
Directeur technique | director | other
Directeur des achats | director | operations
Directrice juridique | director | legal
Directrice de la communication | director | marketing
Chef de service | head | other
Chef comptable | head | finance
Chef des ventes | head | sales
Responsable marketing | manager | marketing
Responsable commercial | manager | sales
Responsable RH | manager | hr
Responsable informatique | manager | it
Responsable du service client | manager | support
Chef de projet | manager | other
Cheffe de produit | manager | product
Chef de projet digital | manager | other
Développeur full stack | other | engineering
Développeuse | other | engineering
Ingénieur commercial | other | sales
Ingénieure logiciel | other | engineering
Comptable | other | finance
Contrôleuse de gestion | other | finance
Avocate | other | legal
Juriste | other | legal
Acheteur | other | operations
Chargée de recrutement | other | hr
Assistante de direction | other | other
Assistante commerciale | other | sales
Secrétaire de direction | other | other
Stagiaire marketing | junior | marketing
Alternant développeur | junior | engineering
Ancien PDG | other | other
Chef de partie | other | other
Director general | c_level | other
Directora General | c_level | other
Consejero delegado | c_level | other
Director ejecutivo | c_level | other
Fundadora | c_level | other
Cofundador | c_level | other
Socio fundador | c_level | other
Gerente general | c_level | other
Presidenta | c_level | other
Propietario | c_level | other
Vicepresidenta de Ventas | vp | sales
Jefe de Ventas | head | sales
Jefa de Recursos Humanos | head | hr
Director Comercial | director | sales
Directora de Marketing | director | marketing
Director Financiero | director | finance
Directora de Operaciones | director | operations
Gerente de Ventas | manager | sales
Gerente de Cuentas | manager | other
Responsable de Marketing | manager | marketing
Jefe de Proyecto | manager | other
Desarrollador de software | other | engineering
Ingeniera de datos | other | engineering
Contadora | other | finance
Abogada | other | legal
Asistente de dirección | other | other
Secretaria | other | other
Becaria de marketing | junior | marketing
Agente de atención al cliente | other | support
Diretor Geral | c_level | other
Diretora-geral | c_level | other
Diretor Executivo | c_level | other
Fundador e CEO | c_level | other
Sócio-gerente | c_level | other
Sócia fundadora | c_level | other
Presidente | c_level | other
Vice-presidente | vp | other
Chefe de Vendas | head | sales
Diretor Comercial | director | sales
Diretora de Marketing | director | marketing
Diretor Financeiro | director | finance
Gerente Comercial | manager | sales
Gestora de Projetos | manager | other
Desenvolvedora | other | engineering
Engenheiro de software | other | engineering
Contabilista | other | finance
Advogado | other | legal
Assistente de direção | other | other
Estagiário | junior | other
Dona de casa | other | other
Amministratore Delegato | c_level | other
Amministratore unico | c_level | other
Direttrice Generale | c_level | other
Fondatrice | c_level | other
Titolare | c_level | other
Socio fondatore | c_level | other
Vicepresidente | vp | other
Capo reparto | head | other
Direttore Commerciale | director | sales
Direttrice Marketing | director | marketing
Direttore Finanziario | director | finance
Direttrice risorse umane | director | hr
Responsabile vendite | manager | sales
Responsabile IT | manager | it
Responsabile acquisti | manager | operations
Sviluppatore software | other | engineering
Ingegnere | other | engineering
Contabile | other | finance
Avvocato | other | legal
Assistente alla direzione | other | other
Segretaria | other | other
Stagista | junior | other
Prezes Zarządu | c_level | other
Członek Zarządu | c_level | other
Dyrektor generalny | c_level | other
Właściciel | c_level | other
Współwłaścicielka | c_level | other
Założyciel | c_level | other
Wiceprezes Zarządu | vp | other
Główna księgowa | head | finance
Dyrektor ds. sprzedaży | director | sales
Dyrektorka marketingu | director | marketing
Dyrektor finansowy | director | finance
Kierownik sprzedaży | manager | sales
Kierowniczka projektu | manager | other
Starszy programista | senior | engineering
Młodszy specjalista | junior | other
Programista | other | engineering
Księgowa | other | finance
Prawnik | other | legal
Specjalista ds. rekrutacji | other | hr
Asystentka zarządu | other | other
Stażysta | junior | other
Przedstawiciel handlowy | other | sales
Algemeen directeur | c_level | other
Directeur-eigenaar | c_level | other
DGA | c_level | other
Eigenaar | c_level | other
Mede-eigenaar | c_level | other
Oprichter | c_level | other
Medeoprichter & CTO | c_level | engineering
Bestuursvoorzitter | c_level | other
Zaakvoerder | c_level | other
Hoofd Marketing | head | marketing
Hoofd inkoop | head | operations
Commercieel directeur | director | other
Financieel directeur | director | finance
Adjunct-directeur | director | other
Teamleider klantenservice | manager | support
Accountmanager | manager | sales
Softwareontwikkelaar | other | engineering
Boekhouder | other | finance
Jurist | other | legal
Personeelsadviseur | other | hr
Verkoper | other | sales
Directiesecretaresse | other | other
Stagiair | junior | other
Head of Sales, ex-CEO of Acme | head | sales
Sales — helping founders grow | other | sales
I help CEOs sleep better | other | other
Recruiter for C-level executives | other | hr
CEO Coach | other | other
Marketing Manager at The CEO Company | manager | marketing
CTO @ Startup, ex-VP @ BigCo | c_level | engineering
🚀 Founder 🚀 | c_level | other
CHIEF TECHNOLOGY OFFICER | c_level | engineering
chief technology officer | c_level | engineering
President's Club Winner 2023, Account Executive | other | sales
Member of the Board | other | other
Board Observer | other | other
Partner | other | other
Lead | senior | other
Chief | other | other
Vice Principal | other | other
Minister of Fun | other | other
Founder's Associate | other | other
Office of the CTO | other | engineering
Chief Petty Officer | other | other
Owner's Representative | other | other
Chief of Staff & VP Operations | vp | operations
School Principal | other | other
Projectmanager | manager | other
Regional Director, Public Sector | director | other
Interim CFO | c_level | finance
Deputy CEO | c_level | other
Kaufmännischer Leiter | head | finance
Vertriebsleitung DACH | head | sales
Sales Director & Co-Owner | c_level | sales
Directeur Operationeel | director | operations
Teaching Assistant | other | other
Assistant Professor of Marketing | other | marketing
- | other | other
n/a | other | other
"""

CASES = [
    tuple(part.strip() for part in line.rsplit("|", 2)) for line in TITLES.strip().splitlines()
]


@pytest.mark.parametrize(("title", "seniority", "department"), CASES)
def test_a_title(title: str, seniority: str, department: str) -> None:
    meaning = meaning_of(title)
    assert (meaning.seniority, meaning.department) == (seniority, department)


def test_roles_parted_by_bars() -> None:
    assert meaning_of("Co-Founder | Advisor | Angel").seniority == "c_level"
    assert meaning_of("Advisor | VP Sales").department == "sales"


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 400
    assert len({title for title, _, _ in CASES}) == len(CASES)


@given(st.text(max_size=400))
def test_any_text_tells_something(title: str) -> None:
    meaning = meaning_of(title)
    assert meaning.seniority in SENIORITIES
    assert meaning.department in DEPARTMENTS
