"""Go: the vendor's generic client, which calls any operation."""

import json

from admit.explorer.samples.asked import KEY_ID, KEY_SECRET, Asked
from admit.explorer.values import flattened


def go(asked: Asked) -> str:
    """A program that makes the call and prints the answer."""
    query = "".join(
        f"\t\t\t{_text(name)}: dara.String({_text(value)}),\n"
        for name, value in flattened(asked.values).items()
    )
    return f"""// go get github.com/alibabacloud-go/darabonba-openapi/v2 github.com/alibabacloud-go/tea
package main

import (
	"encoding/json"
	"fmt"
	"os"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
)

func main() {{
	client, err := openapi.NewClient(&openapi.Config{{
		AccessKeyId:     dara.String(os.Getenv("{KEY_ID}")),
		AccessKeySecret: dara.String(os.Getenv("{KEY_SECRET}")),
		Endpoint:        dara.String({_text(asked.server.address)}),
		Protocol:        dara.String("{asked.server.scheme}"),
	}})
	if err != nil {{
		panic(err)
	}}
	operation := &openapi.Params{{
		Action: dara.String("{asked.action}"), Version: dara.String("{asked.version}"),
		Protocol: dara.String("{asked.server.scheme.upper()}"), Method: dara.String("POST"),
		Pathname: dara.String("/"),
		AuthType: dara.String("AK"), Style: dara.String("RPC"),
		ReqBodyType: dara.String("formData"), BodyType: dara.String("json"),
	}}
	request := &utils.OpenApiRequest{{
		Query: map[string]*string{{
{query}		}},
	}}
	answer, err := client.CallApi(operation, request, &dara.RuntimeOptions{{}})
	if err != nil {{
		panic(err)
	}}
	body, _ := json.MarshalIndent(answer["body"], "", "  ")
	fmt.Println(string(body))
}}
"""


def _text(text: str) -> str:
    """A text as Go writes it: JSON's escapes are Go's."""
    return json.dumps(text, ensure_ascii=False)
