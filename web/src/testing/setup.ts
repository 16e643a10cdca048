import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

configure({ asyncUtilTimeout: 15_000 }); // a shared machine renders slowly; a second is a race

afterEach(cleanup);
