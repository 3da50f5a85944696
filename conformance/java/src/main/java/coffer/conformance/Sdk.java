package coffer.conformance;

import com.alibaba.fastjson.JSONObject;
import com.alipay.global.api.request.AlipayRequest;
import com.alipay.global.api.response.AlipayResponse;
import java.util.concurrent.atomic.AtomicReference;

/** The calls of the conformance run, made with the classes that one version of the official SDK has. */
interface Sdk {
    /** Calls vaultPaymentMethod; the answer as the SDK gives it to its caller. */
    JSONObject vault(String gatewayUrl, JSONObject call) throws Exception;

    /** Calls inquireVaulting. */
    JSONObject inquire(String gatewayUrl, JSONObject call) throws Exception;

    /** Sends a request as this version of the SDK wants it; `heard` gets the body of the answer as it came. */
    <T extends AlipayResponse> T send(String gatewayUrl, JSONObject call, AlipayRequest<T> request, AtomicReference<String> heard)
        throws Exception;

    /** Whether the SDK's helper, or its signature tool where there is none, takes a notification as the gateway's. */
    boolean isGenuine(JSONObject notification, String body) throws Exception;

    /** Reads a notification. */
    JSONObject read(String body) throws Exception;
}
