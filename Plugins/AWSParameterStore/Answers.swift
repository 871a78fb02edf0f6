import PusherKit

/// What the Parameter Store's errors mean: a row for each kind, the first that fits decides.
enum Answers {
    static let rows =
        [
            AnswerRow(
                .fails(.retryable), codes: "TooManyUpdates",
                advice: "someone else changes the parameter at the moment"),
            AnswerRow(
                .fails(.retryable), codes: "ParameterAlreadyExists",
                advice: "someone else created it just now"),
            AnswerRow(
                .fails(.conflict), codes: "ParameterMaxVersionLimitExceeded",
                advice:
                    "it has 100 versions, and the oldest one has a label, so AWS cannot drop it: move the label (aws ssm label-parameter-version), then run keyturn retry"
            ),
            AnswerRow(
                .fails(.conflict), codes: "ParameterLimitExceeded",
                advice:
                    "the account has as many parameters as AWS allows in a region: delete some, or have the limit raised, then run keyturn retry"
            ),
            AnswerRow(
                .fails(.conflict), codes: "HierarchyTypeMismatchException",
                advice: "it is of another type, which AWS does not change: delete it, then run keyturn retry"),
            AnswerRow(
                .fails(.invalidConfiguration), codes: "InvalidKeyId", "InvalidKeyIdException",
                advice: "AWS cannot use the KMS key: check kms-key, and that the key is enabled"),
            AnswerRow(
                .fails(.invalidConfiguration), codes: "ParameterPatternMismatchException",
                advice: "the value does not match the parameter's AllowedPattern: change or remove the pattern"),
            AnswerRow(
                .fails(.invalidConfiguration), codes: "HierarchyLevelLimitExceededException",
                "UnsupportedParameterType", "InvalidAllowedPatternException", advice: advice.invalid),
            AnswerRow(.fails(.notFound), codes: "ParameterNotFound", advice: advice.notFound),
        ] + AnswerRow.aws("Parameter Store", right: right, advice: advice)

    /// For what `find` asks. A KMS key that cannot be used lets nothing of a list be decrypted.
    static let listRows =
        [
            AnswerRow(
                .fails(.unauthorized), codes: "InvalidKeyId", "InvalidKeyIdException",
                advice: "a KMS key of one of the parameters cannot be used, so none is decrypted"),
            AnswerRow(
                .fails(.retryable), codes: "InvalidNextToken",
                advice: "the list changed while it was read; it begins again"),
        ]
        + AnswerRow.aws(
            "Parameter Store",
            right: "ssm:GetParametersByPath on the path, and kms:Decrypt on KMS keys of your own", advice: advice)

    private static let right = "ssm:PutParameter, ssm:GetParameter and ssm:DescribeParameters, and its KMS key"

    private static let advice = Advice(
        unauthorized: "the pusher's identity may not do that: it needs \(right)",
        notFound: "it is not there: check parameter and region",
        conflict: "someone else changed the parameter in the meantime: look at it, then run keyturn retry",
        invalid:
            "AWS refuses what was asked: check parameter (at most 15 levels, not beginning with aws or ssm), and that the value is not longer than 4 KB"
    )
}
