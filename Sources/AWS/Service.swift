/// A service of AWS: its names in signatures, settings and hosts, and the protocol that it talks.
public struct Service: Hashable, Sendable {
    /// How its calls are written.
    enum Wire: Hashable, Sendable {
        /// The Query protocol: a form, answered with XML; the version of the API, as in botocore's service models.
        case query(version: String)
        /// The JSON protocol: its version, which is part of the content type, and what `X-Amz-Target` begins with.
        case json(version: String, target: String)
    }

    /// Its name in the scope of signatures, and the first label of its hosts.
    let name: String
    /// Its name in `AWS_ENDPOINT_URL_…` and in `[services]` of the shared files: the service ID of botocore's models,
    /// in lower case and with `_` for blanks.
    let settingsName: String
    let wire: Wire

    private init(_ name: String, settingsName: String? = nil, _ wire: Wire) {
        self.name = name
        self.settingsName = settingsName ?? name
        self.wire = wire
    }

    static let iam = Service("iam", .query(version: "2010-05-08"))
    static let sts = Service("sts", .query(version: "2011-06-15"))
    /// DynamoDB.
    public static let dynamoDB = Service("dynamodb", .json(version: "1.0", target: "DynamoDB_20120810"))
    static let cloudTrail = Service(
        "cloudtrail",
        .json(version: "1.1", target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"))
    static let kms = Service("kms", .json(version: "1.1", target: "TrentService"))
    static let secretsManager = Service(
        "secretsmanager", settingsName: "secrets_manager", .json(version: "1.1", target: "secretsmanager"))
    static let systemsManager = Service("ssm", .json(version: "1.1", target: "AmazonSSM"))

    /// Those whose operations others may ask for, by the names that signatures have.
    static let delegated = [secretsManager.name: secretsManager, systemsManager.name: systemsManager]
}
