// Command gen prints the OpenAPI document as JSON, for generators of clients:
//
//	go run ./api/rest/openapi/gen > openapi.json
package main

import (
	"fmt"
	"os"

	"crystalyse/api/rest/openapi"
)

func main() {
	doc, err := openapi.JSON()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(doc))
}
