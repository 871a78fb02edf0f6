internal import AWS
internal import Configuration
internal import JSON
internal import Rotation

extension DeploymentTemplate {
    /// Days that the log is kept: longer than a rotation with its overlap and soak, so that what a key went through can be read.
    private static let logDays: Int64 = 90
    /// In MB. keyturn and three pushers were seen with 47 MB under test_archive.py. The rest is for processor time, which Lambda gives by
    /// memory: with 512 MB an event has about a third of a processor.
    private static let memory: Int64 = 512
    /// What a function should have to work in beyond what it must have, in seconds: an event then goes through more than one push.
    private static let workTime: Duration = .seconds(240)
    /// The timeout of a function in seconds: what most configurations get, and the longest that Lambda allows.
    private static let timeouts: ClosedRange<Int64> = 300...900

    /// Characters of all policies in a role, without white space (AWS, "IAM and AWS STS quotas"), and what is kept of them for the right
    /// to write the log.
    private static let policyLimit = (role: 10_240, log: 400)

    private var policy: PolicyDocument {
        PolicyDocument(loaded, for: .function, ARNStyle(stackRegion: region))
    }

    /// - Throws: ``OperationFailure`` where IAM would not take the policy.
    func checkPolicy() throws(OperationFailure) {
        let text = policy.document.text
            .replacing("${AWS::Partition}", with: Partition(region: region).rawValue)
            .replacing("${AWS::AccountId}", with: "123456789012").replacing("${AWS::Region}", with: region)
        let size = text.utf8.count + Self.policyLimit.log
        guard size > Self.policyLimit.role else { return }
        throw OperationFailure(
            .configuration,
            "\(loaded.file):\(loaded.configuration.line(at: "users")): the role's policy would have \(size) characters with this many users, and IAM takes \(Self.policyLimit.role): give the users a common path, and find them by `discover: [{ path: /ci/ }]`"
        )
    }

    /// The longest push must be able to end in an event, see ``LambdaFunction``.
    private var timeout: Int64 {
        let push = loaded.users.map(\.policy.pushTimeout).max() ?? .zero
        let found = loaded.configuration.discover.map(\.policy.pushTimeout).max() ?? .zero
        let needed = LambdaFunction.shortestTimeout(forPushesOf: max(push, found)) + Self.workTime
        return min(max(needed.components.seconds, Self.timeouts.lowerBound), Self.timeouts.upperBound)
    }

    /// The function with its role and its log.
    var functionResources: [String: JSONValue] {
        var properties: [String: JSONValue] = [
            "Description": "keyturn: does what is due at each event",
            "Architectures": ["x86_64"], "MemorySize": .integer(Self.memory), "Timeout": .integer(timeout),
            "Role": ["Fn::GetAtt": ["Role", "Arn"]],
            "LoggingConfig": ["LogGroup": ["Ref": "LogGroup"], "LogFormat": "Text"],
        ]
        if options.isImage {
            properties["PackageType"] = "Image"
            properties["Code"] = ["ImageUri": ["Ref": "ImageUri"]]
        } else {
            properties["PackageType"] = "Zip"
            properties["Runtime"] = "provided.al2023"
            properties["Handler"] = "bootstrap"
            properties["Code"] = ["S3Bucket": ["Ref": "CodeBucket"], "S3Key": ["Ref": "CodeKey"]]
        }
        return [
            "Function": ["Type": "AWS::Lambda::Function", "Properties": .object(properties)],
            "LogGroup": [
                "Type": "AWS::Logs::LogGroup", "Properties": ["RetentionInDays": .integer(Self.logDays)],
                // Who deletes the stack may still want to know why.
                "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
            ],
            "Role": role,
            "InvokeConfig": [
                "Type": "AWS::Lambda::EventInvokeConfig",
                "Properties": [
                    "FunctionName": ["Ref": "Function"], "Qualifier": "$LATEST",
                    // What the function could not do is due at the next event anyway.
                    "MaximumRetryAttempts": 0,
                    // Lambda's longest: an event that says that a key has leaked may wait while the function is throttled.
                    "MaximumEventAgeInSeconds": 21_600,
                ],
            ],
        ]
    }

    /// The role may do what `policy` says of this configuration, and write its log.
    private var role: JSONValue {
        let log = PolicyDocument.Statement(
            name: "KeyturnWritesItsLog", actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [])
        return [
            "Type": "AWS::IAM::Role",
            "Properties": [
                "Description": "What keyturn runs as",
                "AssumeRolePolicyDocument": Self.trust("lambda"),
                "Policies": [
                    [
                        "PolicyName": "keyturn",
                        "PolicyDocument": [
                            "Version": "2012-10-17",
                            "Statement": .array(
                                policy.statements.map(Self.filledIn) + [
                                    log.json.setting(["Resource": ["Fn::GetAtt": ["LogGroup", "Arn"]]])
                                ]),
                        ],
                    ]
                ],
            ],
        ]
    }

    /// - Parameter service: `lambda` or the like, which may assume the role.
    static func trust(_ service: String) -> JSONValue {
        [
            "Version": "2012-10-17",
            "Statement": [
                [
                    "Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": ["Service": .string("\(service).amazonaws.com")],
                ]
            ],
        ]
    }

    /// The statement, with what CloudFormation fills in.
    private static func filledIn(_ statement: PolicyDocument.Statement) -> JSONValue {
        let resources = Set(statement.resources).sorted().map { text -> JSONValue in
            ARNStyle.isTemplate(text) ? ["Fn::Sub": .string(text)] : .string(text)
        }
        return statement.json.setting(["Resource": .array(resources)])
    }
}
