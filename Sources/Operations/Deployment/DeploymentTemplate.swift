internal import AWS
internal import Configuration
internal import JSON

/// `keyturn deploy`: the CloudFormation template that runs a configuration as a Lambda function. The same configuration gives the same
/// bytes, whoever prints it.
package struct DeploymentTemplate {
    /// What is wanted besides the function.
    package struct Options: Sendable {
        /// Whether the function is made from a container image, and not from a zip.
        package var isImage: Bool
        /// The ARN of the role that users may assume, where the template makes the users; nil: it makes none.
        package var assumedRole: String?

        /// - Throws: ``InvalidOption`` where the options do not fit together.
        package init(isImage: Bool, withUsers: Bool, assumedRole: String?) throws {
            guard withUsers == (assumedRole != nil) else {
                throw InvalidOption(
                    message: withUsers
                        ? "--with-users: which role may the users assume? Add --assume ROLE-ARN"
                        : "--assume is for the users that --with-users makes: add it")
            }
            if let assumedRole, !Self.isRole(assumedRole) {
                throw InvalidOption(
                    message: "--assume: `\(assumedRole)` must have the form arn:aws:iam::123456789012:role/NAME")
            }
            (self.isImage, self.assumedRole) = (isImage, assumedRole)
        }

        private static func isRole(_ text: String) -> Bool {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count == 6 && parts[0] == "arn" && parts[1].hasPrefix("aws") && parts[2] == "iam"
                && parts[3].isEmpty && parts[4].utf8.count == 12
                && parts[4].utf8.allSatisfy { (0x30...0x39).contains($0) } && parts[5].hasPrefix("role/")
                && parts[5].utf8.count > 5 && !text.contains("*") && !text.contains("$")
        }
    }

    let loaded: LoadedConfiguration
    let options: Options
    /// Where the stack must be made.
    let region: String
    let table: String

    /// - Throws: ``OperationFailure`` where the configuration is not one for a function.
    package init(_ context: OperationContext, _ options: Options) throws {
        loaded = try LoadedConfiguration(context)
        self.options = options
        guard loaded.hasUsers || !loaded.configuration.discover.isEmpty else {
            throw OperationFailure(.configuration, "\(loaded.file) has no users to rotate: fill in `users` first")
        }
        try DeploymentRequirements(loaded).require()
        guard case .dynamo(let table, _, _) = loaded.configuration.state, let region = loaded.tableRegion else {
            preconditionFailure("it was required")
        }
        (self.table, self.region) = (table, region)
        try checkUsers()
        try checkPolicy()
    }

    /// The template as JSON.
    package var text: String { document.prettyText }

    /// Each part is made as one value.
    private var document: JSONValue {
        var resources =
            functionResources
            .merging(timerResources) { $1 }
            .merging(leakResources) { $1 }
            .merging(alarmResources) { $1 }
            .merging(storageResources) { $1 }
        if let role = options.assumedRole { resources.merge(userResources(role)) { $1 } }
        return .object([
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "keyturn: rotates access keys of IAM users that sit in CI systems",
            "Parameters": parameters, "Conditions": conditions, "Rules": rules, "Resources": .object(resources),
            "Outputs": outputs,
        ])
    }

    // MARK: What is asked, and given

    private var parameters: JSONValue {
        var parameters: [String: JSONValue] = [
            "AlarmTopic": .object([
                "Type": "String", "Default": "",
                "Description": "The ARN of an SNS topic that alarms are sent to. Empty: alarms are only shown.",
                "AllowedPattern": "^$|^arn:[^:]+:sns:[^:]+:[0-9]{12}:.+$",
            ]),
            "CreateStorage": .object([
                "Type": "String", "Default": "true", "AllowedValues": ["true", "false"],
                "Description": .string(
                    "Whether the table\(aliases.isEmpty ? " is" : " and the KMS key are") made. "
                        + "false: what an earlier stack has left is used."),
            ]),
        ]
        if options.isImage {
            parameters["ImageUri"] = .object([
                "Type": "String", "Description": "The container image in Amazon ECR, with its digest or tag.",
                "AllowedPattern": "^.+\\.dkr\\.ecr\\..+$",
            ])
        } else {
            parameters["CodeBucket"] = .object([
                "Type": "String", "Description": "The S3 bucket that the zip is in, in the region of the stack.",
            ])
            parameters["CodeKey"] = .object(["Type": "String", "Description": "The zip's key in the bucket."])
        }
        return .object(parameters)
    }

    private var conditions: JSONValue {
        .object([
            "HasAlarmTopic": ["Fn::Not": [["Fn::Equals": [["Ref": "AlarmTopic"], ""]]]],
            "CreatesStorage": ["Fn::Equals": [["Ref": "CreateStorage"], "true"]],
        ])
    }

    /// A stack elsewhere would have a table that the function does not ask for.
    private var rules: JSONValue {
        [
            "RegionOfTheConfiguration": [
                "Assertions": [
                    [
                        "Assert": ["Fn::Equals": [["Ref": "AWS::Region"], .string(region)]],
                        "AssertDescription": .string("keyturn.yaml names the region \(region): make the stack there."),
                    ]
                ]
            ]
        ]
    }

    private var outputs: JSONValue {
        func output(_ description: String, _ value: JSONValue) -> JSONValue {
            ["Description": .string(description), "Value": value]
        }
        return [
            "FunctionName": output("The function, for `aws lambda invoke`.", ["Ref": "Function"]),
            "FunctionArn": output("The function's ARN.", ["Fn::GetAtt": ["Function", "Arn"]]),
            "RoleArn": output("The role that keyturn runs as.", ["Fn::GetAtt": ["Role", "Arn"]]),
            "LogGroup": output("The function's log, for `aws logs tail`.", ["Ref": "LogGroup"]),
            "TableName": output("The state.", .string(table)),
        ]
    }
}
