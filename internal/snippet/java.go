package snippet

// javaValue is a parameter as a Java expression.
func javaValue(p Param) string {
	if p.File != "" {
		return "Files.readString(Path.of(" + quoteJSON(p.File) + "))"
	}
	if p.Env != "" {
		return "System.getenv(" + quoteJSON(p.Env) + ")"
	}
	return quoteJSON(p.Value)
}

var java = newSource(`
import com.aliyun.teaopenapi.Client;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.Common;
import com.aliyun.teautil.models.RuntimeOptions;
{{- if .Files}}
import java.nio.file.Files;
import java.nio.file.Path;
{{- end}}
import java.util.LinkedHashMap;
import java.util.Map;

public class Main {
    public static void main(String[] args) throws Exception {
        Client client = new Client(new Config()
            .setAccessKeyId(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"))
            .setAccessKeySecret(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
            .setEndpoint({{quote .Host}})
            .setProtocol({{quote .Protocol}}));
        Params params = new Params()
            .setAction({{quote .Action}})
            .setVersion({{quote .Version}})
            .setProtocol({{quote .Protocol}})
            .setMethod("POST")
            .setAuthType("AK")
            .setStyle("RPC")
            .setPathname("/")
            .setReqBodyType("formData")
            .setBodyType("json");
        Map<String, Object> body = new LinkedHashMap<>();
{{- range .Params}}
        body.put({{quote .Name}}, {{value .}});
{{- end}}
        Map<String, ?> response = client.callApi(params, new OpenApiRequest().setBody(body), new RuntimeOptions());
        System.out.println(Common.toJSONString(response.get("body")));
    }
}
`, javaValue, map[string]string{"pom.xml": `
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>call</groupId>
  <artifactId>{{lower .Action}}</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.release>17</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
    <exec.mainClass>Main</exec.mainClass>
  </properties>
  <dependencies>
    <dependency>
      <groupId>com.aliyun</groupId>
      <artifactId>tea-openapi</artifactId>
      <version>0.3.8</version>
    </dependency>
  </dependencies>
</project>
`})
