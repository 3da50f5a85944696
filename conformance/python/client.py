"""Reads one call a line, hands it to the official SDK, and writes one answer a line."""

import base64
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
from com.alipay.ams.api.request.notify.alipay_vaulting_notify import AlipayVaultingNotify
from com.alipay.ams.api.request.pay.alipay_vaulting_payment_method_request import AlipayVaultingPaymentMethodRequest
from com.alipay.ams.api.request.pay.alipay_vaulting_query_request import AlipayVaultingQueryRequest
from com.alipay.ams.api.response.pay.alipay_vaulting_payment_method_response import AlipayVaultingPaymentMethodResponse
from com.alipay.ams.api.response.pay.alipay_vaulting_query_response import AlipayVaultingQueryResponse
from com.alipay.ams.api.tools.webhook_tool import check_signature
from rsa.pkcs1 import VerificationError


def main():
    answers = sys.stdout
    # What the SDK itself prints is no answer.
    sys.stdout = sys.stderr
    gateway_url = sys.argv[1]
    calls = {"hello": hello, "vault": vault, "inquire": inquire, "check": check, "checkAll": check_all}
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


def check(_gateway_url, call):
    if not is_genuine(call, call["body"]):
        return {"verified": False}
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
