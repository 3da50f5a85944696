package coffer.conformance;

import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.JSONObject;
import com.alibaba.fastjson.annotation.JSONField;
import com.alibaba.fastjson.parser.Feature;
import com.alibaba.fastjson.serializer.SerializerFeature;
import com.alipay.global.api.request.AlipayRequest;
import com.alipay.global.api.response.AlipayResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Payments, nonces and tokens. A request is made with the SDK's class for it. Where this version of the SDK has none, or
 * one that cannot say all of it, a class of our own stands in, as a merchant has to write it then; client, transport and
 * both signatures stay the SDK's.
 */
final class Operations {
    private static final String requests = "com.alipay.global.api.request.ams.";
    private static final String notices = "com.alipay.global.api.request.ams.notify.";
    private static final Map<String, String[]> operations = new HashMap<>();

    static {
        operations.put("pay", new String[] {"/v1/payments/pay", "pay.AlipayPayRequest"});
        operations.put("inquiryPayment", new String[] {"/v1/payments/inquiryPayment", "pay.AlipayPayQueryRequest"});
        operations.put("capture", new String[] {"/v1/payments/capture", "pay.AlipayCaptureRequest"});
        operations.put("cancel", new String[] {"/v1/payments/cancel", "pay.AlipayPayCancelRequest"});
        operations.put("refund", new String[] {"/v1/payments/refund", "pay.AlipayRefundRequest"});
        operations.put("inquiryRefund", new String[] {"/v1/payments/inquiryRefund", "pay.AlipayInquiryRefundRequest"});
        operations.put("fetchNonce", new String[] {"/v1/vaults/fetchNonce", "pay.AlipayVaultsFetchNonceRequest"});
        operations.put("fetchNonceOfPayments", new String[] {"/v1/payments/fetchNonce", "pay.AlipayFetchNonceRequest"});
        operations.put("inquireToken", new String[] {"/v1/vaults/inquireToken", "vaults.AlipayVaultingInquireTokenRequest"});
        operations.put("updateToken", new String[] {"/v1/vaults/updateToken", "vaults.AlipayUpdateTokenRequest"});
        operations.put("deleteToken", new String[] {"/v1/vaults/deleteToken", "vaults.AlipayDeleteTokenRequest"});
    }

    private static final Map<String, String> noticeClasses = new HashMap<>();

    static {
        noticeClasses.put("notifyPayment", "AlipayPayResultNotify");
        noticeClasses.put("notifyCapture", "AlipayCaptureResultNotify");
        noticeClasses.put("notifyRefund", "AlipayRefundNotify");
    }

    /** A request of our own: its fields, as they stand, at the top of the body. */
    private static final class OwnRequest<T extends AlipayResponse> extends AlipayRequest<T> {
        private final JSONObject fields;
        private final Class<T> responseClass;

        OwnRequest(String path, JSONObject fields, Class<T> responseClass) {
            this.fields = fields;
            this.responseClass = responseClass;
            setPath(path);
        }

        @JSONField(unwrapped = true)
        public Map<String, Object> getFields() {
            return fields;
        }

        @Override
        @JSONField(serialize = false)
        public Class<T> getResponseClass() {
            return responseClass;
        }
    }

    /** What answers about nonces and tokens hold, for versions of the SDK without classes for them. */
    public static final class TokenResponse extends AlipayResponse {
        public String cardToken;
        public String token;
        public JSONObject accountHolderName;
        public String email;
        public String issuerName;
        public String issuingCountry;
        public String tokenExpiryTime;
    }

    /** Makes a call; `wire` is the body that came, `told` is what the SDK made of it, with null for what it has not read. */
    static JSONObject operate(Sdk sdk, String gatewayUrl, JSONObject call) throws Exception {
        String[] known = operations.get(call.getString("operation"));
        JSONObject fields = call.getJSONObject("request");
        AlipayRequest<?> ofSdk = known(requests + known[1], fields);
        boolean saysAll = ofSdk != null && says(JSON.parseObject(JSON.toJSONString(ofSdk)), fields);
        Class<? extends AlipayResponse> answer = ofSdk == null ? TokenResponse.class : responseClassOf(ofSdk);
        AlipayRequest<?> request = saysAll ? ofSdk : new OwnRequest<>("/ams/api" + known[0], fields, answer);
        // Classes of early versions do not bring their path.
        if (request.getPath() == null) request.setPath("/ams/api" + known[0]);
        request.setKeyVersion(call.getInteger("keyVersion"));
        AtomicReference<String> heard = new AtomicReference<>();
        AlipayResponse response = sdk.send(gatewayUrl, call, request, heard);
        return new JSONObject()
            .fluentPut("by", saysAll ? "sdk" : ofSdk == null ? "own classes" : "own request")
            .fluentPut("wire", JSON.parseObject(heard.get(), Feature.OrderedField))
            .fluentPut("told", toldBy(response));
    }

    /** What the SDK's class makes of a notification; nothing where it has no class for it. */
    static JSONObject read(String kind, String body) throws Exception {
        JSONObject answer = new JSONObject().fluentPut("wire", JSON.parseObject(body, Feature.OrderedField));
        try {
            return answer.fluentPut("told", toldBy(JSON.parseObject(body, Class.forName(notices + noticeClasses.get(kind)))));
        } catch (ClassNotFoundException missing) {
            return answer.fluentPut("told", null);
        }
    }

    private static AlipayRequest<?> known(String name, JSONObject fields) {
        try {
            JSONObject both = new JSONObject().fluentPutAll(fields);
            fields.forEach((field, value) -> both.put(withoutIs(field), value));
            return (AlipayRequest<?>) JSON.parseObject(both.toJSONString(), Class.forName(name));
        } catch (ClassNotFoundException missing) {
            return null;
        }
    }

    private static Class<? extends AlipayResponse> responseClassOf(AlipayRequest<?> request) {
        return request.getResponseClass();
    }

    /** Whether all that is wanted is in what would be sent. */
    private static boolean says(Object sent, Object wanted) {
        if (!(wanted instanceof JSONObject)) return wanted.equals(sent);
        if (!(sent instanceof JSONObject)) return false;
        JSONObject fields = (JSONObject) sent;
        return ((JSONObject) wanted).entrySet().stream().allMatch(field -> {
            String name = field.getKey();
            return says(fields.containsKey(name) ? fields.get(name) : fields.get(withoutIs(name)), field.getValue());
        });
    }

    /** How 2.0.5 names, and sends, isLastCapture: lastCapture. */
    private static String withoutIs(String name) {
        return name.equals("isLastCapture") ? "lastCapture" : name;
    }

    private static Object toldBy(Object read) {
        return JSON.parse(
            JSON.toJSONString(read, SerializerFeature.WriteMapNullValue, SerializerFeature.DisableCircularReferenceDetect));
    }
}
