"""Reads one call a line, hands it to the official SDK, and writes one answer a line."""

import base64
import enum
import importlib.metadata
import json
import platform
import sys

from com.alipay.ams.api.default_alipay_client import DefaultAlipayClient
from com.alipay.ams.api.model.card_payment_method_detail import CardPaymentMethodDetail
from com.alipay.ams.api.model.env import Env
from com.alipay.ams.api.model.payment_method_detail import PaymentMethodDetail
from com.alipay.ams.api.model.terminal_type import TerminalType
from com.alipay.ams.api.model.user_name import UserName
from com.alipay.ams.api.request.notify.alipay_capture_result_notify import AlipayCaptureResultNotify
from com.alipay.ams.api.request.notify.alipay_pay_result_notify import AlipayPayResultNotify
from com.alipay.ams.api.request.notify.alipay_refund_notify import AlipayRefundNotify
from com.alipay.ams.api.request.notify.alipay_vaulting_notify import AlipayVaultingNotify
from com.alipay.ams.api.request.pay.alipay_capture_request import AlipayCaptureRequest
from com.alipay.ams.api.request.pay.alipay_inquiry_refund_request import AlipayInquiryRefundRequest
from com.alipay.ams.api.request.pay.alipay_pay_cancel_request import AlipayPayCancelRequest
from com.alipay.ams.api.request.pay.alipay_pay_query_request import AlipayPayQueryRequest
from com.alipay.ams.api.request.pay.alipay_pay_request import AlipayPayRequest
from com.alipay.ams.api.request.pay.alipay_refund_request import AlipayRefundRequest
from com.alipay.ams.api.request.pay.alipay_vaulting_payment_method_request import AlipayVaultingPaymentMethodRequest
from com.alipay.ams.api.request.pay.alipay_vaulting_query_request import AlipayVaultingQueryRequest
from com.alipay.ams.api.request.pay.alipay_vaults_fetch_nonce_request import AlipayVaultsFetchNonceRequest
from com.alipay.ams.api.response.pay.alipay_capture_response import AlipayCaptureResponse
from com.alipay.ams.api.response.pay.alipay_inquiry_refund_response import AlipayInquiryRefundResponse
from com.alipay.ams.api.response.pay.alipay_pay_cancel_response import AlipayPayCancelResponse
from com.alipay.ams.api.response.pay.alipay_pay_query_response import AlipayPayQueryResponse
from com.alipay.ams.api.response.pay.alipay_pay_response import AlipayPayResponse
from com.alipay.ams.api.response.pay.alipay_refund_response import AlipayRefundResponse
from com.alipay.ams.api.response.pay.alipay_vaulting_payment_method_response import AlipayVaultingPaymentMethodResponse
from com.alipay.ams.api.response.pay.alipay_vaulting_query_response import AlipayVaultingQueryResponse
from com.alipay.ams.api.response.pay.alipay_vaults_fetch_nonce_response import AlipayVaultsFetchNonceResponse
from com.alipay.ams.api.tools.webhook_tool import check_signature
from rsa.pkcs1 import VerificationError

OPERATIONS = {
    "pay": (AlipayPayRequest, AlipayPayResponse),
    "inquiryPayment": (AlipayPayQueryRequest, AlipayPayQueryResponse),
    "capture": (AlipayCaptureRequest, AlipayCaptureResponse),
    "cancel": (AlipayPayCancelRequest, AlipayPayCancelResponse),
    "refund": (AlipayRefundRequest, AlipayRefundResponse),
    "inquiryRefund": (AlipayInquiryRefundRequest, AlipayInquiryRefundResponse),
    "fetchNonce": (AlipayVaultsFetchNonceRequest, AlipayVaultsFetchNonceResponse),
}

NOTICES = {
    "notifyPayment": AlipayPayResultNotify,
    "notifyCapture": AlipayCaptureResultNotify,
    "notifyRefund": AlipayRefundNotify,
}


def main():
    answers = sys.stdout
    # What the SDK itself prints is no answer.
    sys.stdout = sys.stderr
    gateway_url = sys.argv[1]
    calls = {
        "hello": hello,
        "vault": vault,
        "inquire": inquire,
        "operate": operate,
        "check": check,
        "checkAll": check_all,
    }
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = calls[call["call"]](gateway_url, call)
        except Exception as error:
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def hello(_gateway_url, _call):
    return {
        "version": importlib.metadata.version("global-open-sdk-python"),
        "runtime": "Python " + platform.python_version(),
    }


def vault(gateway_url, call):
    given = call["card"]
    holder = UserName()
    holder.first_name = given["cardholderName"]["firstName"]
    holder.last_name = given["cardholderName"]["lastName"]
    card = CardPaymentMethodDetail()
    card.card_no = given["cardNo"]
    card.expiry_month = given["expiryMonth"]
    card.expiry_year = given["expiryYear"]
    card.cvv = given["cvv"]
    card.cardholder_name = holder
    method = PaymentMethodDetail()
    method.payment_method_type = "CARD"
    method.card = card
    env = Env()
    env.terminal_type = TerminalType.WEB
    env.client_ip = "127.0.0.1"

    request = AlipayVaultingPaymentMethodRequest()
    request.vaulting_request_id = call["vaultingRequestId"]
    request.vaulting_notification_url = call["vaultingNotificationUrl"]
    request.redirect_url = call["redirectUrl"]
    request.payment_method_detail = method
    request.env = env
    request.key_version = str(call["keyVersion"])
    response = AlipayVaultingPaymentMethodResponse(client(gateway_url, call).execute(request))
    return {**told(response), "normalUrl": response.normal_url}


def inquire(gateway_url, call):
    request = AlipayVaultingQueryRequest()
    request.vaulting_request_id = call["vaultingRequestId"]
    request.key_version = str(call["keyVersion"])
    response = AlipayVaultingQueryResponse(client(gateway_url, call).execute(request))
    return {
        **told(response),
        "vaultingStatus": response.vaulting_status,
        "vaultingResultCode": getattr(response, "vaulting_result_code", None),
    }


def operate(gateway_url, call):
    """Payments and nonces; `wire` is the body that came, `told` what the SDK read of it, with None for the rest."""
    request_class, response_class = OPERATIONS[call["operation"]]
    request = request_class()
    request.parse_rsp_body(call["request"])
    if not says(json.loads(request.to_ams_json()), call["request"]):
        raise ValueError("the SDK's class for %s cannot say all of it" % call["operation"])
    request.key_version = str(call["keyVersion"])
    body = client(gateway_url, call).execute(request)
    return {"by": "sdk", "wire": json.loads(body), "told": told_by(response_class(body))}


def says(sent, wanted):
    """Whether all that is wanted is in what would be sent."""
    if not isinstance(wanted, dict):
        return sent == wanted
    return isinstance(sent, dict) and all(says(sent.get(name), value) for name, value in wanted.items())


def told_by(value):
    """All properties of an object of the SDK, by their Python names."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, list):
        return [told_by(item) for item in value]
    if isinstance(value, dict):
        return {name: told_by(item) for name, item in value.items()}
    if value is None or isinstance(value, (str, bool, int)):
        return value
    names = [name for name in dir(type(value)) if isinstance(getattr(type(value), name), property)]
    return {name: told_by(getattr(value, name)) for name in names}


def check(_gateway_url, call):
    if not is_genuine(call, call["body"]):
        return {"verified": False}
    if "kind" in call:
        body = call["body"]
        return {"verified": True, "wire": json.loads(body), "told": told_by(NOTICES[call["kind"]](body))}
    return {"verified": True, **told(AlipayVaultingNotify(call["body"]))}


def check_all(_gateway_url, call):
    """Many notifications, one a line in a file."""
    accepted, refused, threw = [], [], {}
    with open(call["file"], encoding="utf-8") as lines:
        for line in lines:
            notification = json.loads(line)
            name = notification["id"]
            try:
                body = base64.b64decode(notification["body"]).decode("utf-8")
                (accepted if is_genuine(notification, body) else refused).append(name)
            except Exception as error:
                threw[name] = "%s: %s" % (type(error).__name__, error)
    return {"accepted": accepted, "refused": refused, "threw": threw}


def is_genuine(notification, body):
    try:
        return check_signature(
            notification["method"],
            notification["uri"],
            notification["clientId"],
            notification["requestTime"],
            body,
            notification["signature"],
            notification["gatewayPublicKey"],
        )
    except VerificationError:
        # The helper's way of saying no.
        return False


def client(gateway_url, call):
    # The SDK puts the text between "RSA PRIVATE KEY" lines, so it has to be PKCS#1.
    return DefaultAlipayClient(
        gateway_url, call["clientId"], call["merchantPrivateKeyPkcs1"], call["gatewayPublicKey"]
    )


def told(response):
    result = response.result
    answer = {"vaultingRequestId": response.vaulting_request_id}
    if result is not None:
        status = result.result_status
        answer["result"] = {
            "resultCode": result.result_code,
            "resultStatus": getattr(status, "value", status),
            "resultMessage": result.result_message,
        }
    card = response.payment_method_detail.card if response.payment_method_detail else None
    if card is not None:
        answer["cardToken"] = card.card_token
        answer["brand"] = getattr(card.brand, "value", card.brand)
        answer["maskedCardNo"] = card.masked_card_no
    return answer


if __name__ == "__main__":
    main()
