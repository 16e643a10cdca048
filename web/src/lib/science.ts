// What a word can be: a formula of known elements.
const elements = new Set(
  (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr " +
    "Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu " +
    "Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr " +
    "Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
  ).split(" "),
);

const part = /\(|\)(?:\d+(?:\.\d+)?)?|([A-Z][a-z]?)(?:\d+(?:\.\d+)?)?/y;

/** The elements of a formula such as Ca(OH)2; undefined where a word is none. */
export function parseFormula(word: string): Set<string> | undefined {
  const found = new Set<string>();
  let open = 0;
  part.lastIndex = 0;
  while (part.lastIndex < word.length) {
    const m = part.exec(word);
    if (!m) return undefined;
    if (m[0] === "(") open++;
    else if (m[0].startsWith(")")) {
      if (--open < 0) return undefined;
    } else if (m[1] && elements.has(m[1])) found.add(m[1]);
    else return undefined;
  }
  return open === 0 && found.size > 0 ? found : undefined;
}

/** At least two elements and a number: B1 is a structure type, and HCl needs no help. */
export function isFormula(word: string): boolean {
  return /\d/.test(word) && (parseFormula(word)?.size ?? 0) > 1;
}
