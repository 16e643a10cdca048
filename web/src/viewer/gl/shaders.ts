// The shaders. Every drawn thing is four plain vertices of one merged buffer, or
// fewer: under software GL an instance costs as much as a draw. The corner is
// the vertex's number, so no attribute is spent on it.
//
// DEPTH: exact depth of the round surface; left out while moving, where bonds
// are cut at the spheres instead (uTrim). PERSPECTIVE: rays are not parallel.
// POINT: an atom is one vertex, a square of pixels. MARKS: some are selected.

export const STATE_GHOST = 1;
export const STATE_SELECTED = 2;
export const STATE_HOVERED = 4;
export const STATE_STUB = 8;

const COMMON = `
  uniform vec3 uBackground;
  uniform vec3 uAccent;
  uniform vec2 uFog;       // view z where it begins, 1 / length
  uniform float uPixels;   // pixels per angstrom at the model's middle
  const float PALE = .3; // how much of the background a ghost takes
  const vec3 LIGHT = vec3(.30, .46, .835);
  const vec3 GLOSS = vec3(.157, .240, .958); // where the light is mirrored
  float fog(float z) { return .55 * clamp((uFog.x - z) * uFog.y, 0., 1.); }
  int stateOf(float a) { return int(a * 255. + .5); }
`;

const DEPTH = `
  uniform mat4 projectionMatrix;
  float depthAt(float z) {
    float w = projectionMatrix[2][3] * z + projectionMatrix[3][3];
    return .5 * (projectionMatrix[2][2] * z + projectionMatrix[3][2]) / w + .5;
  }
`;

const ATOM_VARYINGS = `
  #if (defined(PERSPECTIVE) && !defined(POINT)) || defined(DEPTH)
    #define SPHERE
    flat varying vec4 vSphere;  // view position, radius
  #endif
  flat varying vec3 vColor;
  flat varying vec3 vFog;       // what the background adds
  flat varying vec3 vLook;      // darkness at the rim, its slope, gloss
  #ifdef MARKS
    flat varying vec3 vMark;    // ring, clearness of the air, pixels of the radius
  #endif
  #ifndef POINT
    varying vec2 vCorner;
    #ifdef PERSPECTIVE
      varying vec3 vPoint;
    #endif
  #endif
`;

export const ATOM_VERTEX = `
  attribute vec4 aCenter;  // position, radius
  attribute vec4 aColor;   // color, state
  uniform float uDistance; // from the eye to the model's middle
  ${ATOM_VARYINGS}
  ${COMMON}
  void main() {
    vec4 p = modelViewMatrix * vec4(aCenter.xyz, 1.);
    float r = aCenter.w;
    #ifdef SPHERE
      vSphere = vec4(p.xyz, r);
    #endif
    int state = stateOf(aColor.a);
    float far = fog(p.z);
    float clear = 1. - far;
    float size = r * uPixels;
    float dark = 1. - .62 * min(size / 8., 1.);
    vColor = mix(aColor.rgb, uBackground, (state & ${STATE_GHOST}) != 0 ? PALE : 0.) * clear;
    vFog = uBackground * far;
    vLook = vec3(dark, (1. - dark) * size / 2.2, .22 * clear);
    #ifdef MARKS
      vMark = vec3((state & ${STATE_SELECTED}) != 0 ? 1. : (state & ${STATE_HOVERED}) != 0 ? .5 : 0., clear, size);
    #endif
    #ifdef POINT
      gl_PointSize = 2. * size;
      #ifdef PERSPECTIVE
        gl_PointSize *= uDistance / -p.z;
      #endif
    #else
      int k = gl_VertexID & 3;
      vCorner = vec2(k == 1 || k == 2 ? 1. : -1., k >= 2 ? 1. : -1.);
      #ifdef PERSPECTIVE
        float d = length(p.xyz);
        vec3 front = -p.xyz / d;
        vec3 side = normalize(cross(vec3(0., 1., 0.), front));
        p.xyz += (side * vCorner.x + cross(front, side) * vCorner.y) * r * d / sqrt(max(d * d - r * r, 1e-6));
        vPoint = p.xyz;
      #else
        p.xy += vCorner * r;
      #endif
    #endif
    gl_Position = projectionMatrix * p;
  }
`;

export const ATOM_FRAGMENT = `
  ${ATOM_VARYINGS}
  ${COMMON}
  #ifdef DEPTH
  ${DEPTH}
  #endif
  void main() {
    #if defined(PERSPECTIVE) && !defined(POINT)
      vec3 ray = normalize(vPoint);
      float b = dot(ray, vSphere.xyz);
      float gap = vSphere.w * vSphere.w - dot(vSphere.xyz, vSphere.xyz) + b * b;
      if (gap < 0.) discard;
      vec3 hit = ray * (b - sqrt(gap));
      vec3 n = (hit - vSphere.xyz) / vSphere.w;
      float rim = gap / (vSphere.w * vSphere.w);
      float z = hit.z;
    #else
      #ifdef POINT
        vec2 at = vec2(2., -2.) * gl_PointCoord + vec2(-1., 1.);
      #else
        vec2 at = vCorner;
      #endif
      float rim = 1. - dot(at, at);
      if (rim < 0.) discard;
      vec3 n = vec3(at, sqrt(rim));
      #ifdef DEPTH
        float z = vSphere.z + n.z * vSphere.w;
      #endif
    #endif
    #ifdef DEPTH
      gl_FragDepth = depthAt(z);
    #endif
    #ifdef DEPTH
      float l = max(dot(n, LIGHT), 0.);
      float s = max(dot(n, GLOSS), 0.);
      s *= s; s *= s; s *= s; s *= s; s *= s;
      vec3 c = vColor * (.5 + .16 * n.y + .5 * l) + vLook.z * s;
    #else
      float l = max(dot(n, .5 * LIGHT), 0.);
      float s = max(dot(n, 10. * GLOSS) - 9., 0.); // near enough to the power
      vec3 c = vColor * (.5 + .16 * n.y + l) + vLook.z * s * s;
    #endif
    #ifdef MARKS
      c = mix(c, uAccent * vMark.y, vMark.x * clamp(3.6 - .5 * rim * vMark.z, 0., 1.));
    #endif
    // A dark line of about one pixel.
    gl_FragColor = vec4(c * min(vLook.x + vLook.y * rim, 1.) + vFog, 1.);
  }
`;

export const BOND_VERTEX = `
  attribute vec4 aFrom;  // position, radius of the atom there
  attribute vec4 aTo;
  attribute vec4 aColorFrom;  // color, state
  attribute vec4 aColorTo;
  uniform float uRadius;
  uniform float uTrim;
  varying vec3 vAlong;        // across -1..1, along 0..1, view z
  flat varying vec3 vColorFrom;
  flat varying vec3 vColorTo;
  flat varying vec4 vLight;   // light across, light in front, bulge in view z, stub
  ${COMMON}
  void main() {
    int k = gl_VertexID & 3;
    float across = k == 1 || k == 2 ? 1. : -1.;
    vec3 a = (modelViewMatrix * vec4(aFrom.xyz, 1.)).xyz;
    vec3 b = (modelViewMatrix * vec4(aTo.xyz, 1.)).xyz;
    vec3 axis = b - a;
    float len = max(length(axis), 1e-4);
    axis /= len;
    float from = uTrim * aFrom.w / len;
    float to = max(1. - uTrim * aTo.w / len, from);
    float along = k >= 2 ? to : from;
    vec3 p = mix(a, b, along);
    #ifdef PERSPECTIVE
      vec3 eye = -normalize(p);
    #else
      vec3 eye = vec3(0., 0., 1.);
    #endif
    vec3 side = cross(axis, eye);
    float tilt = max(length(side), 1e-3);
    side /= tilt;
    vec3 front = cross(side, axis);
    p += side * across * uRadius;
    vAlong = vec3(across, along, p.z);
    int state = stateOf(aColorFrom.a);
    float pale = (state & ${STATE_GHOST}) != 0 ? PALE : 0.;
    vColorFrom = mix(aColorFrom.rgb, uBackground, pale);
    vColorTo = mix(aColorTo.rgb, uBackground, (stateOf(aColorTo.a) & ${STATE_GHOST}) != 0 ? PALE : pale);
    vLight = vec4(dot(side, LIGHT), dot(front, LIGHT), uRadius / max(tilt, .25), (state & ${STATE_STUB}) != 0 ? 1. : 0.);
    gl_Position = projectionMatrix * vec4(p, 1.);
  }
`;

export const BOND_FRAGMENT = `
  varying vec3 vAlong;
  flat varying vec3 vColorFrom;
  flat varying vec3 vColorTo;
  flat varying vec4 vLight;
  ${COMMON}
  #ifdef DEPTH
  ${DEPTH}
  #endif
  uniform float uRadius;
  void main() {
    float n = sqrt(max(1. - vAlong.x * vAlong.x, 0.));
    #ifdef DEPTH
      gl_FragDepth = depthAt(vAlong.z + vLight.z * n);
    #endif
    vec3 c = vAlong.y < .5 ? vColorFrom : vColorTo;
    c *= .52 + .52 * max(vAlong.x * vLight.x + n * vLight.y, 0.);
    c *= mix(.5, 1., min((1. - abs(vAlong.x)) * uRadius * uPixels, 1.));
    float pale = max(fog(vAlong.z), vLight.w * smoothstep(.45, 1., vAlong.y));
    gl_FragColor = vec4(mix(c, uBackground, pale), 1.);
  }
`;

// A bond about as thin as a pixel: its two ends, as dark as a thin stick is in all.
export const THREAD_VERTEX = `
  attribute vec3 aPoint;
  attribute vec4 aTint;  // color, state
  varying vec3 vTint;
  ${COMMON}
  void main() {
    vec4 p = modelViewMatrix * vec4(aPoint, 1.);
    int state = stateOf(aTint.a);
    float pale = (state & ${STATE_STUB}) != 0 ? 1. : (state & ${STATE_GHOST}) != 0 ? PALE : 0.;
    vTint = mix(mix(aTint.rgb, uBackground, pale) * .62, uBackground, max(fog(p.z), floor(pale)));
    gl_Position = projectionMatrix * p;
  }
`;

export const THREAD_FRAGMENT = `
  varying vec3 vTint;
  void main() { gl_FragColor = vec4(vTint, 1.); }
`;

export const LINE_VERTEX = `
  attribute vec3 aFrom;
  attribute vec3 aTo;
  attribute vec4 aColor;  // color, width in quarters of a pixel
  uniform vec2 uResolution;
  uniform float uPixelScale;
  flat varying vec3 vColor;
  varying float vZ;
  void main() {
    int k = gl_VertexID & 3;
    vec4 va = modelViewMatrix * vec4(aFrom, 1.);
    vec4 vb = modelViewMatrix * vec4(aTo, 1.);
    vec4 a = projectionMatrix * va;
    vec4 b = projectionMatrix * vb;
    vec2 d = (b.xy / b.w - a.xy / a.w) * uResolution;
    float len = length(d);
    d = len > 1e-4 ? d / len : vec2(1., 0.);
    vec4 p = k >= 2 ? b : a;
    vZ = k >= 2 ? vb.z : va.z;
    float w = aColor.a * 255. * .25 * uPixelScale;
    p.xy += vec2(-d.y, d.x) * (k == 1 || k == 2 ? w : -w) / uResolution * p.w;
    p.z += 4e-4 * p.w; // a bond on the line hides it
    vColor = aColor.rgb;
    gl_Position = p;
  }
`;

export const LINE_FRAGMENT = `
  flat varying vec3 vColor;
  varying float vZ;
  ${COMMON}
  void main() { gl_FragColor = vec4(mix(vColor, uBackground, fog(vZ)), 1.); }
`;

export const FACE_VERTEX = `
  attribute vec3 aPoint;
  attribute vec4 aColor;
  varying vec3 vView;
  flat varying vec4 vColor;
  void main() {
    vec4 p = modelViewMatrix * vec4(aPoint, 1.);
    vView = p.xyz;
    vColor = aColor;
    gl_Position = projectionMatrix * p;
  }
`;

export const FACE_FRAGMENT = `
  varying vec3 vView;
  flat varying vec4 vColor;
  ${COMMON}
  void main() {
    vec3 n = normalize(cross(dFdx(vView), dFdy(vView)));
    float l = abs(dot(n, LIGHT));
    gl_FragColor = vec4(mix(vColor.rgb * (.62 + .45 * l), uBackground, fog(vView.z)), vColor.a);
  }
`;
