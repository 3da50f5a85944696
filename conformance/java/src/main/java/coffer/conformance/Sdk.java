package coffer.conformance;

import com.alibaba.fastjson.JSONObject;

/** The calls of the conformance run, made with the classes that one version of the official SDK has. */
interface Sdk {
    /** Calls vaultPaymentMethod; the answer as the SDK gives it to its caller. */
    JSONObject vault(String gatewayUrl, JSONObject call) throws Exception;

    /** Calls inquireVaulting. */
    JSONObject inquire(String gatewayUrl, JSONObject call) throws Exception;

    /** Verifies a notification with the SDK's helper, then reads it. */
    JSONObject check(JSONObject call) throws Exception;
}
