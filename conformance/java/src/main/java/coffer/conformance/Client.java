package coffer.conformance;

import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.JSONArray;
import com.alibaba.fastjson.JSONObject;
import com.alibaba.fastjson.serializer.SerializerFeature;
import com.alipay.global.api.DefaultAlipayClient;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Base64;
import java.util.Properties;

/** Reads one call a line, hands it to the SDK, and writes one answer a line. */
public final class Client {
    public static void main(String[] args) throws Exception {
        PrintStream answers = new PrintStream(System.out, true, "UTF-8");
        // What the SDK itself prints is no answer.
        System.setOut(System.err);
        String gatewayUrl = args[0];
        Sdk sdk = (Sdk) Class.forName("coffer.conformance." + args[1]).getDeclaredConstructor().newInstance();
        BufferedReader calls = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = calls.readLine(); line != null; line = calls.readLine()) {
            JSONObject answer = answer(sdk, gatewayUrl, JSON.parseObject(line));
            answers.println(JSON.toJSONString(answer, SerializerFeature.WriteMapNullValue));
        }
    }

    private static JSONObject answer(Sdk sdk, String gatewayUrl, JSONObject call) {
        try {
            switch (call.getString("call")) {
                case "hello":
                    return hello();
                case "vault":
                    return sdk.vault(gatewayUrl, call);
                case "inquire":
                    return sdk.inquire(gatewayUrl, call);
                case "operate":
                    return Operations.operate(sdk, gatewayUrl, call);
                case "check":
                    return check(sdk, call);
                case "checkAll":
                    return checkAll(sdk, call.getString("file"));
                default:
                    throw new IllegalArgumentException("unknown call");
            }
        } catch (Exception | LinkageError error) {
            // A missing class is an answer too: it says what a merchant would meet.
            return new JSONObject().fluentPut("error", textOf(error));
        }
    }

    private static JSONObject check(Sdk sdk, JSONObject call) throws Exception {
        String body = call.getString("body");
        if (!sdk.isGenuine(call, body)) return new JSONObject().fluentPut("verified", false);
        String kind = call.getString("kind");
        return (kind == null ? sdk.read(body) : Operations.read(kind, body)).fluentPut("verified", true);
    }

    /** Many notifications, one a line in a file. */
    private static JSONObject checkAll(Sdk sdk, String file) throws Exception {
        JSONArray accepted = new JSONArray();
        JSONArray refused = new JSONArray();
        JSONObject threw = new JSONObject();
        for (String line : Files.readAllLines(Paths.get(file), StandardCharsets.UTF_8)) {
            JSONObject notification = JSON.parseObject(line);
            String id = notification.getString("id");
            try {
                byte[] body = Base64.getDecoder().decode(notification.getString("body"));
                boolean genuine = sdk.isGenuine(notification, new String(body, StandardCharsets.UTF_8));
                (genuine ? accepted : refused).add(id);
            } catch (Exception | LinkageError error) {
                threw.put(id, textOf(error));
            }
        }
        return new JSONObject().fluentPut("accepted", accepted).fluentPut("refused", refused).fluentPut("threw", threw);
    }

    private static String textOf(Throwable error) {
        Throwable cause = error.getCause();
        String text = error.getClass().getSimpleName() + ": " + error.getMessage();
        return cause == null ? text : text + " (" + cause + ")";
    }

    private static JSONObject hello() throws Exception {
        String path = "/META-INF/maven/com.alipay.global.sdk/global-open-sdk-java/pom.properties";
        Properties told = new Properties();
        try (InputStream file = DefaultAlipayClient.class.getResourceAsStream(path)) {
            told.load(file);
        }
        return new JSONObject()
            .fluentPut("version", told.getProperty("version"))
            .fluentPut("runtime", "Java " + System.getProperty("java.version"));
    }
}
