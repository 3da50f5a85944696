package coffer.conformance;

import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.JSONObject;
import com.alipay.global.api.DefaultAlipayClient;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
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
            answers.println(answer(sdk, gatewayUrl, JSON.parseObject(line)).toJSONString());
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
                case "check":
                    return sdk.check(call);
                default:
                    throw new IllegalArgumentException("unknown call");
            }
        } catch (Exception | LinkageError error) {
            // A missing class is an answer too: it says what a merchant would meet.
            Throwable cause = error.getCause();
            String text = error.getClass().getSimpleName() + ": " + error.getMessage();
            return new JSONObject().fluentPut("error", cause == null ? text : text + " (" + cause + ")");
        }
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
