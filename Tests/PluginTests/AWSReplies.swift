import CKeyturnPusher

/// An error of AWS as the host hands it on.
func awsError(_ code: String, _ message: String = "", status: UInt32 = 400) -> Reply {
    .status(
        status, #"{"__type":"\#(code)","message":"\#(message)"}"#,
        ["x-amzn-errortype": code, "x-amzn-requestid": "0f3a"])
}

/// A JSON text as a JSON string holds it.
func quotedJSON(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
}

/// The pair that ``HostSession`` pushes, as members of a JSON object.
let pushedMembers =
    #""AWS_ACCESS_KEY_ID":"\#(HostSession.keyID)","AWS_SECRET_ACCESS_KEY":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY""#

/// Errors that every service of AWS has, and what is on the way to it.
let awsCommonErrors: [(String, Reply)] = [
    (
        "AccessDeniedException",
        awsError("AccessDeniedException", "User: arn:aws:sts::1:assumed-role/x is not authorized")
    ),
    (
        "UnrecognizedClientException",
        awsError("UnrecognizedClientException", "AWS does not accept the identity of this pusher")
    ),
    ("ThrottlingException", awsError("ThrottlingException", "Rate exceeded")),
    ("ValidationException", awsError("ValidationException", "Value is too long")),
    ("InternalServerError", awsError("InternalServerError", status: 500)),
    ("503 without a code", .status(503, #"{"message":"status 503, and no reason that can be read"}"#)),
    ("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
    ("no credentials", .error(KT_HTTP_REFUSED, "there are no AWS credentials for this pusher")),
]
