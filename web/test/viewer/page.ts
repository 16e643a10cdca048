// The viewer alone in a page, for tests in a real browser.
import * as viewer from "../../src/viewer";
import { samples } from "../../src/viewer/testing";

Object.assign(globalThis, { viewer, samples });
