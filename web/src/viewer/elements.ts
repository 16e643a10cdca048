// What the pictures need to know about an element. Radii are covalent (Cordero
// 2008; 1.6 or 2 angstrom where it has none), electronegativities Pauling's
// (0: none), colors those of VESTA and Jmol.
export interface Element {
  symbol: string;
  z: number;
  covalent: number;
  electronegativity: number;
  vesta: string;
  jmol: string;
}

const TABLE = `
H .31 2.2 ffcccc ffffff
He .28 0 fce8ce d9ffff
Li 1.28 .98 86df73 cc80ff
Be .96 1.57 5ed77b c2ff00
B .84 2.04 1fa20f ffb5b5
C .76 2.55 4c4c4c 909090
N .71 3.04 b0b9e6 3050f8
O .66 3.44 fe0300 ff0d0d
F .57 3.98 b0b9e6 90e050
Ne .58 0 fe37b5 b3e3f5
Na 1.66 .93 f9dc3c ab5cf2
Mg 1.41 1.31 fb7b15 8aff00
Al 1.21 1.61 81b2d6 bfa6a6
Si 1.11 1.9 1b3bfa f0c8a0
P 1.07 2.19 c09cc2 ff8000
S 1.05 2.58 fffa00 ffff30
Cl 1.02 3.16 31fc02 1ff01f
Ar 1.06 0 cffec4 80d1e3
K 2.03 .82 a121f6 8f40d4
Ca 1.76 1 5a96bd 3dff00
Sc 1.70 1.36 b563ab e6e6e6
Ti 1.60 1.54 78caff bfc2c7
V 1.53 1.63 e51900 a6a6ab
Cr 1.39 1.66 00009e 8a99c7
Mn 1.39 1.55 a7089d 9c7ac7
Fe 1.32 1.83 b57100 e06633
Co 1.26 1.88 0000af f090a0
Ni 1.24 1.91 b7bbbd 50d050
Cu 1.32 1.9 2247dc c88033
Zn 1.22 1.65 8f8f81 7d80b0
Ga 1.22 1.81 9ee373 c28f8f
Ge 1.20 2.01 7e6ea6 668f8f
As 1.19 2.18 74d057 bd80e3
Se 1.20 2.55 9aef0f ffa100
Br 1.20 2.96 7e3102 a62929
Kr 1.16 3 fac1f3 5cb8d1
Rb 2.20 .82 702eb0 702eb0
Sr 1.95 .95 00ff00 00ff00
Y 1.90 1.22 94ffff 94ffff
Zr 1.75 1.33 00ff00 94e0e0
Nb 1.64 1.6 73c2c9 73c2c9
Mo 1.54 2.16 54b5b5 54b5b5
Tc 1.47 1.9 3b9e9e 3b9e9e
Ru 1.46 2.2 248f8f 248f8f
Rh 1.42 2.28 0a7d8c 0a7d8c
Pd 1.39 2.2 006985 006985
Ag 1.45 1.93 c0c0c0 c0c0c0
Cd 1.44 1.69 ffd98f ffd98f
In 1.42 1.78 a67573 a67573
Sn 1.39 1.96 9a8eb9 668080
Sb 1.39 2.05 9e63b5 9e63b5
Te 1.38 2.1 d47a00 d47a00
I 1.39 2.66 940094 940094
Xe 1.40 2.6 429eb0 429eb0
Cs 2.44 .79 57178f 57178f
Ba 2.15 .89 00c900 00c900
La 2.07 1.1 5ac449 70d4ff
Ce 2.04 1.12 ffffc7 ffffc7
Pr 2.03 1.13 d9ffc7 d9ffc7
Nd 2.01 1.14 c7ffc7 c7ffc7
Pm 1.99 1.13 a3ffc7 a3ffc7
Sm 1.98 1.17 8fffc7 8fffc7
Eu 1.98 1.2 61ffc7 61ffc7
Gd 1.96 1.2 45ffc7 45ffc7
Tb 1.94 1.1 30ffc7 30ffc7
Dy 1.92 1.22 1fffc7 1fffc7
Ho 1.92 1.23 00ff9c 00ff9c
Er 1.89 1.24 00e675 00e675
Tm 1.90 1.25 00d452 00d452
Yb 1.87 1.1 00bf38 00bf38
Lu 1.87 1.27 00ab24 00ab24
Hf 1.75 1.3 4dc2ff 4dc2ff
Ta 1.70 1.5 4da6ff 4da6ff
W 1.62 2.36 2194d6 2194d6
Re 1.51 1.9 267dab 267dab
Os 1.44 2.2 266696 266696
Ir 1.41 2.2 175487 175487
Pt 1.36 2.28 d0d0e0 d0d0e0
Au 1.36 2.54 ffd123 ffd123
Hg 1.32 2 b8b8d0 b8b8d0
Tl 1.45 1.62 a6544d a6544d
Pb 1.46 2.33 575961 575961
Bi 1.48 2.02 9e4fb5 9e4fb5
Po 1.40 2 ab5c00 ab5c00
At 1.50 2.2 754f45 754f45
Rn 1.50 2.2 428296 428296
Fr 2.60 .7 420066 420066
Ra 2.21 .9 007d00 007d00
Ac 2.15 1.1 70abfa 70abfa
Th 2.06 1.3 00baff 00baff
Pa 2.00 1.5 00a1ff 00a1ff
U 1.96 1.38 008fff 008fff
Np 1.90 1.36 0080ff 0080ff
Pu 1.87 1.28 006bff 006bff
Am 1.80 1.3 545cf2 545cf2
Cm 1.69 1.3 785ce3 785ce3
Bk 2.00 1.3 8a4fe3 8a4fe3
Cf 2.00 1.3 a136d4 a136d4
Es 2.00 1.3 b31fd4 b31fd4
Fm 2.00 1.3 b31fba b31fba
Md 2.00 1.3 b30da6 b30da6
No 2.00 1.3 c0c0c0 ff1493
Lr 2.00 1.3 c70066 c70066
Rf 2.00 0 cc0059 cc0059
Db 2.00 0 d1004f d1004f
Sg 2.00 0 d90045 d90045
Bh 2.00 0 e00038 e00038
Hs 2.00 0 e6002e e6002e
Mt 2.00 0 eb0026 eb0026
Ds 2.00 0 c0c0c0 ff1493
Rg 2.00 0 c0c0c0 ff1493
Cn 2.00 0 c0c0c0 ff1493
Nh 2.00 0 c0c0c0 ff1493
Fl 2.00 0 c0c0c0 ff1493
Mc 2.00 0 c0c0c0 ff1493
Lv 2.00 0 c0c0c0 ff1493
Ts 2.00 0 c0c0c0 ff1493
Og 2.00 0 c0c0c0 ff1493
`;

const ELEMENTS = new Map<string, Element>();
for (const line of TABLE.trim().split("\n")) {
  const [symbol = "", covalent, x, vesta, jmol] = line.split(" ");
  ELEMENTS.set(symbol, {
    symbol,
    z: ELEMENTS.size + 1,
    covalent: Number(covalent),
    electronegativity: Number(x),
    vesta: `#${vesta}`,
    jmol: `#${jmol}`,
  });
}

const UNKNOWN: Element = { symbol: "?", z: 0, covalent: 1.2, electronegativity: 0, vesta: "#c0c0c0", jmol: "#ff1493" };

/** The element of a symbol; an unknown one is drawn grey and named as given. */
export function element(symbol: string): Element {
  return ELEMENTS.get(symbol) ?? { ...UNKNOWN, symbol };
}

export type Style = "ball" | "fill";

/**
 * The radius an atom is drawn with. Balls keep small atoms visible beside large
 * ones: their radius grows with a third of the covalent one only.
 */
export function drawRadius(symbol: string, style: Style): number {
  const r = element(symbol).covalent;
  return style === "fill" ? r : 0.2 + 0.26 * r;
}
