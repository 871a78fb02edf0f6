internal import Configuration
internal import DynamoStore
internal import JSON

extension DeploymentTemplate {
    /// The aliases of KMS keys that the template makes: a key that is named by its ARN is there already.
    var aliases: [String] {
        loaded.configuration.sealKeys.compactMap { source in
            if case .kms(let key) = source, key.isAlias { key.key } else { nil }
        }
    }

    /// The table of the state, and the KMS keys. Without them no pair can be opened: they stay when the stack goes.
    var storageResources: [String: JSONValue] {
        var resources: [String: JSONValue] = [
            "Table": Self.kept(
                "AWS::DynamoDB::Table",
                [
                    "TableName": .string(table), "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
                    "PointInTimeRecoverySpecification": ["PointInTimeRecoveryEnabled": true],
                    "AttributeDefinitions": .array(
                        DynamoStore.keyAttributes.map {
                            ["AttributeName": .string($0.name), "AttributeType": .string($0.type)]
                        }),
                    "KeySchema": .array(
                        DynamoStore.keyAttributes.map {
                            ["AttributeName": .string($0.name), "KeyType": .string($0.role)]
                        }),
                ])
        ]
        for (index, alias) in aliases.enumerated() {
            let number = aliases.count > 1 ? "\(index + 1)" : ""
            resources["SealKey\(number)"] = Self.kept(
                "AWS::KMS::Key",
                [
                    "Description": "Seals keyturn's seal key", "EnableKeyRotation": true, "PendingWindowInDays": 30,
                    "KeyPolicy": [
                        "Version": "2012-10-17",
                        // The account's own policies decide: AWS's default, without which no one could manage the key.
                        "Statement": [
                            [
                                "Sid": "PoliciesOfTheAccount", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
                                "Principal": ["AWS": ["Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"]],
                            ]
                        ],
                    ],
                ])
            resources["SealKeyAlias\(number)"] = Self.kept(
                "AWS::KMS::Alias", ["AliasName": .string(alias), "TargetKeyId": ["Ref": .string("SealKey\(number)")]])
        }
        return resources
    }

    private static func kept(_ type: String, _ properties: JSONValue) -> JSONValue {
        [
            "Type": .string(type), "Condition": "CreatesStorage", "Properties": properties,
            "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
        ]
    }
}
