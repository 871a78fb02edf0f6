import PusherKit

/// What Secrets Manager's errors mean: a row for each kind, the first that fits decides.
enum Answers {
    static let rows =
        [
            // Elsewhere a matter of too many requests at once.
            AnswerRow(
                .pauses(orElse: .seconds(600)), codes: "LimitExceededException",
                advice:
                    "it has too many versions of the last 24 hours: AWS keeps all of these, and drops older ones only by and by"
            ),
            AnswerRow(
                .fails(.conflict), codes: "InvalidRequestException",
                advice:
                    "it is marked for deletion, or another service of AWS manages it: look at it with aws secretsmanager describe-secret, then run keyturn retry"
            ),
            AnswerRow(
                .fails(.conflict), codes: "PreconditionNotMetException", "ResourceExistsException",
                advice: advice.conflict),
            AnswerRow(
                .fails(.unauthorized), codes: "EncryptionFailure", "DecryptionFailure", "DecryptionFailureException",
                advice:
                    "its KMS key cannot be used: is it enabled, and does the pusher's identity have kms:GenerateDataKey and kms:Decrypt on it?"
            ),
            AnswerRow(.fails(.notFound), codes: "ResourceNotFoundException", advice: advice.notFound),
        ] + AnswerRow.aws("Secrets Manager", right: right, advice: advice)

    /// For what `find` asks, where no secret is meant.
    static let listRows =
        [
            AnswerRow(
                .fails(.invalidConfiguration), codes: "InvalidNextTokenException",
                advice: "the list changed while it was read: run keyturn find again")
        ]
        + AnswerRow.aws(
            "Secrets Manager", right: "secretsmanager:ListSecrets and secretsmanager:BatchGetSecretValue",
            advice: advice)

    private static let right =
        "secretsmanager:DescribeSecret, GetSecretValue and PutSecretValue, and its KMS key"

    private static let advice = Advice(
        unauthorized: "the pusher's identity may not do that: it needs \(right)",
        notFound:
            "it is not there: create it (aws secretsmanager create-secret), or check secret and region, then run keyturn retry",
        conflict: "someone else changed the secret in the meantime: look at it, then run keyturn retry",
        invalid: "AWS refuses what was asked: check secret, and that its value is not longer than 64 KiB")
}
