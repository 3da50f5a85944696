package coffer.conformance;

import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.JSONObject;
import com.alipay.global.api.AlipayClient;
import com.alipay.global.api.DefaultAlipayClient;
import com.alipay.global.api.exception.AlipayApiException;
import com.alipay.global.api.model.Result;
import com.alipay.global.api.model.ams.CardPaymentMethodDetail;
import com.alipay.global.api.model.ams.Env;
import com.alipay.global.api.model.ams.PaymentMethodDetail;
import com.alipay.global.api.model.ams.TerminalType;
import com.alipay.global.api.model.ams.UserName;
import com.alipay.global.api.net.HttpRpcResult;
import com.alipay.global.api.request.AlipayRequest;
import com.alipay.global.api.request.ams.notify.AlipayVaultingNotify;
import com.alipay.global.api.request.ams.pay.AlipayVaultingPaymentMethodRequest;
import com.alipay.global.api.request.ams.pay.AlipayVaultingQueryRequest;
import com.alipay.global.api.response.AlipayResponse;
import com.alipay.global.api.response.ams.pay.AlipayVaultingPaymentMethodResponse;
import com.alipay.global.api.response.ams.pay.AlipayVaultingQueryResponse;
import com.alipay.global.api.tools.WebhookTool;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** For versions of the SDK that have request and response classes for vaulting. */
public final class TypedSdk implements Sdk {
    @Override
    public JSONObject vault(String gatewayUrl, JSONObject call) throws Exception {
        JSONObject given = call.getJSONObject("card");
        JSONObject name = given.getJSONObject("cardholderName");
        UserName holder = new UserName();
        holder.setFirstName(name.getString("firstName"));
        holder.setLastName(name.getString("lastName"));
        CardPaymentMethodDetail card = new CardPaymentMethodDetail();
        card.setCardNo(given.getString("cardNo"));
        card.setExpiryMonth(given.getString("expiryMonth"));
        card.setExpiryYear(given.getString("expiryYear"));
        card.setCvv(given.getString("cvv"));
        card.setCardholderName(holder);
        PaymentMethodDetail method = new PaymentMethodDetail();
        method.setPaymentMethodType("CARD");
        method.setCard(card);
        Env env = new Env();
        env.setTerminalType(TerminalType.WEB);
        env.setClientIp("127.0.0.1");

        // The path is in the class already; the SDK moves it to the sandbox by the client id.
        AlipayVaultingPaymentMethodRequest request = new AlipayVaultingPaymentMethodRequest();
        request.setVaultingRequestId(call.getString("vaultingRequestId"));
        request.setVaultingNotificationUrl(call.getString("vaultingNotificationUrl"));
        request.setRedirectUrl(call.getString("redirectUrl"));
        request.setPaymentMethodDetail(method);
        request.setEnv(env);
        request.setKeyVersion(call.getInteger("keyVersion"));
        AlipayVaultingPaymentMethodResponse response = client(gatewayUrl, call).execute(request);
        return told(response.getResult(), response.getVaultingRequestId(), cardOf(response.getPaymentMethodDetail()))
            .fluentPut("normalUrl", response.getNormalUrl());
    }

    @Override
    public JSONObject inquire(String gatewayUrl, JSONObject call) throws Exception {
        AlipayVaultingQueryRequest request = new AlipayVaultingQueryRequest();
        request.setVaultingRequestId(call.getString("vaultingRequestId"));
        request.setKeyVersion(call.getInteger("keyVersion"));
        AlipayVaultingQueryResponse response = client(gatewayUrl, call).execute(request);
        return told(response.getResult(), response.getVaultingRequestId(), cardOf(response.getPaymentMethodDetail()))
            .fluentPut("vaultingStatus", response.getVaultingStatus());
    }

    @Override
    public <T extends AlipayResponse> T send(
        String gatewayUrl, JSONObject call, AlipayRequest<T> request, AtomicReference<String> heard) throws Exception {
        AlipayClient listening = new DefaultAlipayClient(
            gatewayUrl, call.getString("merchantPrivateKey"), call.getString("gatewayPublicKey"), call.getString("clientId")) {
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
        return WebhookTool.checkSignature(
            notification.getString("uri"), notification.getString("method"), notification.getString("clientId"),
            notification.getString("requestTime"), notification.getString("signature"), body,
            notification.getString("gatewayPublicKey"));
    }

    @Override
    public JSONObject read(String body) {
        AlipayVaultingNotify notice = JSON.parseObject(body, AlipayVaultingNotify.class);
        CardPaymentMethodDetail card = notice.getPaymentMethodDetail() == null ? null : notice.getPaymentMethodDetail().getCard();
        return told(notice.getResult(), notice.getVaultingRequestId(), card);
    }

    private static AlipayClient client(String gatewayUrl, JSONObject call) {
        return new DefaultAlipayClient(
            gatewayUrl, call.getString("merchantPrivateKey"), call.getString("gatewayPublicKey"), call.getString("clientId"));
    }

    private static CardPaymentMethodDetail cardOf(PaymentMethodDetail method) {
        return method == null ? null : method.getCard();
    }

    private static JSONObject told(Result result, String id, CardPaymentMethodDetail card) {
        JSONObject answer = new JSONObject().fluentPut("result", JSON.toJSON(result)).fluentPut("vaultingRequestId", id);
        if (card == null) return answer;
        return answer
            .fluentPut("cardToken", card.getCardToken())
            .fluentPut("brand", card.getBrand() == null ? null : card.getBrand().name())
            .fluentPut("maskedCardNo", card.getMaskedCardNo());
    }
}
