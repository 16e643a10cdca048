package planner

import (
	"regexp"
	"strings"
)

// materialNames are minerals, trade names and abbreviations that stand for one
// composition. What stands for several (olivine, YSZ, NMC, PZT) is not here: it
// is not guessed.
var materialNames = pairs(`
	rock salt=NaCl rocksalt=NaCl table salt=NaCl halite=NaCl common salt=NaCl kitchen salt=NaCl sea salt=NaCl sylvite=KCl villiaumite=NaF griceite=LiF chlorargyrite=AgCl
	magnesia=MgO periclase=MgO quicklime=CaO burnt lime=CaO zincite=ZnO bunsenite=NiO manganosite=MnO wustite=FeO wüstite=FeO monteponite=CdO tenorite=CuO cuprite=Cu2O litharge=PbO massicot=PbO
	quartz=SiO2 silica=SiO2 cristobalite=SiO2 tridymite=SiO2 stishovite=SiO2 coesite=SiO2 rutile=TiO2 anatase=TiO2 brookite=TiO2 titania=TiO2 cassiterite=SnO2 pyrolusite=MnO2 zirconia=ZrO2
	baddeleyite=ZrO2 hafnia=HfO2 ceria=CeO2 cerianite=CeO2 thoria=ThO2 urania=UO2 uraninite=UO2 corundum=Al2O3 alumina=Al2O3 sapphire=Al2O3 ruby=Al2O3 hematite=Fe2O3 haematite=Fe2O3 maghemite=Fe2O3
	eskolaite=Cr2O3 chromia=Cr2O3 gallia=Ga2O3 yttria=Y2O3 lanthana=La2O3 scandia=Sc2O3 boria=B2O3 magnetite=Fe3O4 lodestone=Fe3O4 hausmannite=Mn3O4 red lead=Pb3O4 minium=Pb3O4 vanadia=V2O5
	fluorite=CaF2 fluorspar=CaF2 sellaite=MgF2 cryolite=Na3AlF6 spinel=MgAl2O4 gahnite=ZnAl2O4 hercynite=FeAl2O4 chromite=FeCr2O4 ulvospinel=Fe2TiO4 ilmenite=FeTiO3 geikielite=MgTiO3
	tausonite=SrTiO3 forsterite=Mg2SiO4 fayalite=Fe2SiO4 enstatite=MgSiO3 wollastonite=CaSiO3 diopside=CaMgSi2O6 zircon=ZrSiO4 hafnon=HfSiO4 kyanite=Al2SiO5 mullite=Al6Si2O13 willemite=Zn2SiO4
	calcite=CaCO3 aragonite=CaCO3 vaterite=CaCO3 magnesite=MgCO3 siderite=FeCO3 rhodochrosite=MnCO3 dolomite=CaMg(CO3)2 barite=BaSO4 baryte=BaSO4 celestine=SrSO4 anhydrite=CaSO4 anglesite=PbSO4
	scheelite=CaWO4 powellite=CaMoO4 brucite=Mg(OH)2 portlandite=Ca(OH)2 diaspore=AlO(OH) goethite=FeO(OH) triphylite=LiFePO4 lithiophilite=LiMnPO4 heterosite=FePO4 maricite=NaFePO4 berlinite=AlPO4
	xenotime=YPO4 sphalerite=ZnS zincblende=ZnS zinc blende=ZnS zinc-blende=ZnS wurtzite=ZnS galena=PbS pyrite=FeS2 marcasite=FeS2 fool's gold=FeS2 troilite=FeS greenockite=CdS alabandite=MnS
	cinnabar=HgS covellite=CuS chalcocite=Cu2S chalcopyrite=CuFeS2 bornite=Cu5FeS4 molybdenite=MoS2 stibnite=Sb2S3 orpiment=As2S3 realgar=As4S4 millerite=NiS niccolite=NiAs nickeline=NiAs
	clausthalite=PbSe altaite=PbTe tellurobismuthite=Bi2Te3 diamond=C graphite=C carborundum=SiC moissanite=SiC borazon=BN cementite=Fe3C water ice=H2O
	titanium nitride=TiN titanium carbide=TiC zirconium nitride=ZrN zirconium carbide=ZrC hafnium nitride=HfN hafnium carbide=HfC vanadium nitride=VN vanadium carbide=VC niobium nitride=NbN
	niobium carbide=NbC tantalum nitride=TaN tantalum carbide=TaC tungsten carbide=WC silicon carbide=SiC boron carbide=B4C silicon nitride=Si3N4 calcium carbide=CaC2 chromium nitride=CrN uranium nitride=UN
	gallium phosphate=GaPO4 lithium iron phosphate=LiFePO4 lithium manganese phosphate=LiMnPO4 sodium iron phosphate=NaFePO4 lithium cobalt oxide=LiCoO2 lithium nickel oxide=LiNiO2 lithium manganese oxide=LiMn2O4
	sodium cobalt oxide=NaCoO2 bismuth ferrite=BiFeO3 zinc ferrite=ZnFe2O4 nickel ferrite=NiFe2O4 cobalt ferrite=CoFe2O4 yttrium aluminum garnet=Y3Al5O12 nickel oxide=NiO copper sulfide=CuS lead sulfide=PbS
	lead telluride=PbTe lead selenide=PbSe lead iodide=PbI2 bismuth telluride=Bi2Te3 bismuth selenide=Bi2Se3 indium germanium telluride=GeTe lithium lanthanum zirconate=Li7La3Zr2O12
	lfp=LiFePO4 lco=LiCoO2 lmo=LiMn2O4 lmp=LiMnPO4 lto=Li4Ti5O12 llzo=Li7La3Zr2O12 nvp=Na3V2(PO4)3 sto=SrTiO3 bto=BaTiO3 bfo=BiFeO3 ybco=YBa2Cu3O7 yag=Y3Al5O12 lgps=Li10GeP2S12 igzo= ito= pzt= ysz= nmc= nca=
	hbn=BN h-bn=BN c-bn=BN manganese sulfide=MnS iron sulfide= iron oxide= copper oxide= tin oxide= manganese oxide= vanadium oxide= cobalt oxide= lead oxide=PbO
`)

// pairs reads "name=formula" lists; a name may have blanks, an empty formula
// marks a name that several compositions share.
func pairs(list string) map[string]string {
	m := map[string]string{}
	var words []string
	for _, field := range strings.Fields(list) {
		before, formula, ends := strings.Cut(field, "=")
		words = append(words, before)
		if ends {
			m[strings.Join(words, " ")] = formula
			words = nil
		}
	}
	return m
}

// structureTypes are minerals whose names also mean an arrangement of atoms:
// beside a formula they say which one.
var structureTypes = map[string]bool{
	"rock salt": true, "rocksalt": true, "halite": true, "rutile": true, "anatase": true, "brookite": true, "fluorite": true, "spinel": true, "corundum": true, "ilmenite": true, "sphalerite": true,
	"zincblende": true, "zinc blende": true, "zinc-blende": true, "wurtzite": true, "pyrite": true, "marcasite": true, "nickeline": true, "diamond": true, "graphite": true, "cuprite": true,
	"quartz": true, "cristobalite": true, "calcite": true, "aragonite": true, "chalcopyrite": true, "covellite": true, "baddeleyite": true, "cassiterite": true, "stishovite": true, "coesite": true, "tridymite": true, "vaterite": true, "kyanite": true, "hexagonal boron nitride": true, "hbn": true, "maricite": true, "triphylite": true,
}

var (
	typeTail = regexp.MustCompile(`^[\s-]*(?:type|like|structured?|phase|form|polymorph|lattice)?[\s,(]*(?:of\s+|phase of\s+|form of\s+|structure of\s+)?$`)
	bareType = regexp.MustCompile(`(?i)\b(perovskites?|garnets?|olivines?|nasicon|delafossites?|antifluorite|anti-fluorite|half-heusler|heusler|layered|cubic|tetragonal|hexagonal|orthorhombic|monoclinic|rhombohedral|triclinic|trigonal|fcc|bcc|hcp|3c|4h|6h)\b`)
	// cubicUnit is a volume, and no crystal system.
	cubicUnit = regexp.MustCompile(`(?i)\bcubic[\s-](?:(?:centi|deci|nano)?met(?:er|re)s?|[cn]?m|angstroms?|Å|ångströms?|inch(?:es)?|f(?:oo|ee)t)(?:\s|[^\w\s]|$)`)
)

// mineralHits finds materials by name. A structure type beside a formula (rutile
// SnO2, the wurtzite form of GaN) is no second compound.
func mineralHits(q string, tokens []hit) (hits []hit, types, vague []string) {
	lower := strings.ToLower(q)
	for _, name := range keysOf(materialNames) {
		for _, i := range wordIndexes(lower, name) {
			end := i + len(name)
			if covered(hits, i) {
				continue
			}
			f := materialNames[name]
			if f == "" {
				vague = append(vague, q[i:end])
				continue
			}
			mineral := ""
			if structureTypes[name] {
				mineral = name
				types = append(types, name)
				if besideFormula(q, i, end, tokens) {
					continue
				}
			}
			hits = append(hits, hit{at: i, end: end, formula: f, named: true, mineral: mineral})
		}
	}
	return hits, types, vague
}

func besideFormula(q string, at, end int, tokens []hit) bool {
	for _, t := range tokens {
		if t.at >= end && typeTail.MatchString(q[end:t.at]) || t.end <= at && strings.Trim(q[t.end:at], " ,(-") == "" {
			return true
		}
	}
	return false
}

func covered(hits []hit, at int) bool {
	for _, h := range hits {
		if at >= h.at && at < h.end {
			return true
		}
	}
	return false
}

func wordIndexes(text, word string) []int {
	var out []int
	for from := 0; from <= len(text); {
		i := wordIndex(text[from:], word)
		if i < 0 {
			break
		}
		if from == 0 || i > 0 || !isWordByte(text[from-1]) {
			out = append(out, from+i)
		}
		from += i + len(word)
	}
	return out
}
