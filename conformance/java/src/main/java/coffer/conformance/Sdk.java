package coffer.conformance;

import com.alibaba.fastjson.JSONObject;

/** The calls of the conformance run, made with the classes that one version of the official SDK has. */
interface Sdk {
    /** Calls vaultPaymentMethod; the answer as the SDK gives it to its caller. */
    JSONObject vault(String gatewayUrl, JSONObject call) throws Exception;

    /** Calls inquireVaulting. */
    JSONObject inquire(String gatewayUrl, JSONObject call) throws Exception;

    /** Whether the SDK's helper, or its signature tool where there is none, takes a notification as the gateway's. */
    boolean isGenuine(JSONObject notification, String body) throws Exception;

    /** Reads a notification. */
    JSONObject read(String body) throws Exception;
}
