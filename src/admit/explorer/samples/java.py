"""Java: the vendor's generic client, which calls any operation."""

import json

from admit.explorer.samples.asked import KEY_ID, KEY_SECRET, Asked
from admit.explorer.values import flattened


def java(asked: Asked) -> str:
    """A program that makes the call and prints the answer."""
    query = "".join(
        f"        query.put({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in flattened(asked.values).items()
    )
    return f"""// Maven: com.aliyun:tea-openapi
import com.aliyun.teaopenapi.Client;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.models.RuntimeOptions;
import java.util.HashMap;
import java.util.Map;

public class {asked.action} {{
    public static void main(String[] arguments) throws Exception {{
        Client client = new Client(new Config()
            .setAccessKeyId(System.getenv("{KEY_ID}"))
            .setAccessKeySecret(System.getenv("{KEY_SECRET}"))
            .setEndpoint({json.dumps(asked.server.address)})
            .setProtocol("{asked.server.scheme.upper()}"));
        Params operation = new Params()
            .setAction("{asked.action}")
            .setVersion("{asked.version}")
            .setProtocol("{asked.server.scheme.upper()}")
            .setPathname("/")
            .setMethod("POST")
            .setAuthType("AK")
            .setStyle("RPC")
            .setReqBodyType("formData")
            .setBodyType("json");
        Map<String, String> query = new HashMap<>();
{query}        Map<String, ?> answer =
            client.callApi(operation, new OpenApiRequest().setQuery(query), new RuntimeOptions());
        System.out.println(answer.get("body"));
    }}
}}
"""
