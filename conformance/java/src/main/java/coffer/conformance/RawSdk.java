package coffer.conformance;

import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.JSONObject;
import com.alipay.global.api.AlipayClient;
import com.alipay.global.api.DefaultAlipayClient;
import com.alipay.global.api.exception.AlipayApiException;
import com.alipay.global.api.model.Result;
import com.alipay.global.api.net.HttpRpcResult;
import com.alipay.global.api.request.AlipayRequest;
import com.alipay.global.api.response.AlipayResponse;
import com.alipay.global.api.tools.SignatureTool;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * For versions of the SDK without classes for vaulting: a request class of our own, as a merchant has to write it then.
 * The client, its transport and both signatures are the SDK's.
 */
public final class RawSdk implements Sdk {
    /** Any operation below the sandbox path; old clients do not move paths there by themselves. */
    private abstract static class Request extends AlipayRequest<Response> {
        private final String vaultingRequestId;

        Request(String operation, JSONObject call) {
            setPath("/ams/sandbox/api/v1/vaults/" + operation);
            setClientId(call.getString("clientId"));
            setKeyVersion(call.getInteger("keyVersion"));
            vaultingRequestId = call.getString("vaultingRequestId");
        }

        public String getVaultingRequestId() {
            return vaultingRequestId;
        }

        @Override
        public Class<Response> getResponseClass() {
            return Response.class;
        }
    }

    public static final class VaultRequest extends Request {
        private final JSONObject call;

        VaultRequest(JSONObject call) {
            super("vaultPaymentMethod", call);
            this.call = call;
        }

        public String getVaultingNotificationUrl() {
            return call.getString("vaultingNotificationUrl");
        }

        public String getRedirectUrl() {
            return call.getString("redirectUrl");
        }

        public JSONObject getPaymentMethodDetail() {
            return new JSONObject().fluentPut("paymentMethodType", "CARD").fluentPut("card", call.getJSONObject("card"));
        }

        public JSONObject getEnv() {
            return new JSONObject().fluentPut("terminalType", "WEB").fluentPut("clientIp", "127.0.0.1");
        }
    }

    public static final class InquireRequest extends Request {
        InquireRequest(JSONObject call) {
            super("inquireVaulting", call);
        }
    }

    public static final class Response extends AlipayResponse {
        private String vaultingRequestId;
        private String vaultingStatus;
        private String vaultingResultCode;
        private JSONObject paymentMethodDetail;

        public void setVaultingRequestId(String value) {
            vaultingRequestId = value;
        }

        public void setVaultingStatus(String value) {
            vaultingStatus = value;
        }

        public void setVaultingResultCode(String value) {
            vaultingResultCode = value;
        }

        public void setPaymentMethodDetail(JSONObject value) {
            paymentMethodDetail = value;
        }
    }

    @Override
    public JSONObject vault(String gatewayUrl, JSONObject call) throws Exception {
        return told(client(gatewayUrl, call).execute(new VaultRequest(call)));
    }

    @Override
    public JSONObject inquire(String gatewayUrl, JSONObject call) throws Exception {
        return told(client(gatewayUrl, call).execute(new InquireRequest(call)));
    }

    @Override
    public <T extends AlipayResponse> T send(
        String gatewayUrl, JSONObject call, AlipayRequest<T> request, AtomicReference<String> heard) throws Exception {
        request.setPath(request.getPath().replaceFirst("^/ams/", "/ams/sandbox/"));
        request.setClientId(call.getString("clientId"));
        AlipayClient listening = new DefaultAlipayClient(
            gatewayUrl, call.getString("merchantPrivateKey"), call.getString("gatewayPublicKey")) {
            @Override
            public HttpRpcResult sendRequest(String url, String method, Map<String, String> headers, String body)
                throws AlipayApiException {
                HttpRpcResult result = super.sendRequest(url, method, headers, body);
                heard.set(result.getRspBody());
                return result;
            }
        };
        return listening.execute(request);
    }

    @Override
    public boolean isGenuine(JSONObject notification, String body) throws Exception {
        String header = notification.getString("signature");
        String value = header.substring(header.indexOf("signature=") + "signature=".length());
        return SignatureTool.verify(
            notification.getString("method"), notification.getString("uri"), notification.getString("clientId"),
            notification.getString("requestTime"), body, value, notification.getString("gatewayPublicKey"));
    }

    @Override
    public JSONObject read(String body) {
        return told(JSON.parseObject(body, Response.class));
    }

    private static AlipayClient client(String gatewayUrl, JSONObject call) {
        return new DefaultAlipayClient(gatewayUrl, call.getString("merchantPrivateKey"), call.getString("gatewayPublicKey"));
    }

    private static JSONObject told(Response response) {
        Result result = response.getResult();
        JSONObject answer = new JSONObject()
            .fluentPut("result", JSON.toJSON(result))
            .fluentPut("vaultingRequestId", response.vaultingRequestId)
            .fluentPut("vaultingStatus", response.vaultingStatus)
            .fluentPut("vaultingResultCode", response.vaultingResultCode);
        JSONObject method = response.paymentMethodDetail;
        JSONObject card = method == null ? null : method.getJSONObject("card");
        if (card == null) return answer;
        return answer
            .fluentPut("cardToken", card.getString("cardToken"))
            .fluentPut("brand", card.getString("brand"))
            .fluentPut("maskedCardNo", card.getString("maskedCardNo"));
    }
}
