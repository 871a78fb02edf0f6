internal import AWS
internal import Configuration
internal import JSON

extension LoadedConfiguration {
    /// The region of the state's table; nil: the state is not in DynamoDB.
    var tableRegion: String? {
        guard case .dynamo(_, let region, _) = configuration.state else { return nil }
        return region ?? account(configuration.account).region
    }

    /// The rights on the state's table, where it is one.
    ///
    /// A transaction needs the rights of what it consists of, and has none of its own (AWS, "Amazon DynamoDB transactions", IAM).
    func stateStatements(for holder: PolicyDocument.Holder, _ style: ARNStyle) -> [PolicyDocument.Statement] {
        guard case .dynamo(let table, _, _) = configuration.state, let region = tableRegion else { return [] }
        var actions = ["DescribeTable", "GetItem", "Query", "Scan", "UpdateItem"]
        // Lines of the history that are too old.
        if configuration.historyRetention != nil { actions.append("BatchWriteItem") }
        // The entry of a worker that stays up, and the mark of a state that is copied.
        if holder == .person { actions.append("DeleteItem") }
        let resource = style.arn(Partition(region: region).rawValue, "dynamodb", region, "table/\(table)")
        return [
            PolicyDocument.Statement(
                name: "KeyturnKeepsItsState", actions: actions.sorted().map { "dynamodb:\($0)" }, resources: [resource])
        ]
    }

    /// The rights on the KMS keys that seal the seal keys.
    func sealKeyStatements(_ style: ARNStyle) -> [PolicyDocument.Statement] {
        let keys = configuration.sealKeys.compactMap { source in
            if case .kms(let key) = source { key } else { nil as KMSSealKey? }
        }
        return keys.enumerated().map { index, key in
            var statement = sealKeyStatement(key, style)
            if index > 0 { statement.name += "\(index + 1)" }
            return statement
        }
    }

    /// Opens a seal key, makes one where it is to be kept in the state, and opens nothing else that the KMS key sealed.
    func sealKeyStatement(_ key: KMSSealKey, _ style: ARNStyle = ARNStyle()) -> PolicyDocument.Statement {
        let context = Self.sealKeyContext.map {
            (key: "kms:EncryptionContext:\($0.key)", value: JSONValue.string($0.value))
        }
        var conditions: [String: JSONValue] = [
            "StringEquals": .object(Dictionary(context) { first, _ in first })
        ]
        var resource = key.key
        // A policy for an alias says nothing: what is allowed is allowed on the key.
        if let alias = key.key.split(separator: ":").last, alias.hasPrefix("alias/") {
            conditions["ForAnyValue:StringEquals"] = .object(["kms:ResourceAliases": .array([.string(String(alias))])])
            let region = account(configuration.account).region
            resource =
                key.isAlias
                ? style.arn(Partition(region: region).rawValue, "kms", region, "key/*")
                : key.key.prefix { $0 != "/" }.replacing(":alias", with: ":key") + "/*"
        }
        let isMade = key.sealed == nil
        return PolicyDocument.Statement(
            name: isMade ? "KeyturnMakesItsSealKey" : "KeyturnOpensItsSealKey",
            actions: ["kms:Decrypt"] + (isMade ? ["kms:GenerateDataKeyWithoutPlaintext"] : []), resources: [resource],
            condition: .object(conditions))
    }

    /// The rights to read the secrets that AWS keeps.
    func secretStatements(_ style: ARNStyle) -> [PolicyDocument.Statement] {
        let region = account(configuration.account).region
        let partition = Partition(region: region).rawValue
        var (secrets, parameters) = ([String](), [String]())
        for reference in secretReferences {
            switch reference.source {
            case .secretsManager(let id, _):
                // The ARN of a secret ends in six random characters.
                secrets.append(
                    id.hasPrefix("arn:") ? id : style.arn(partition, "secretsmanager", region, "secret:\(id)-??????"))
            case .parameter(let name):
                // A version or a label is not part of the ARN; nor is the slash at the beginning doubled.
                let path = name.hasPrefix("arn:") ? name : String(name.prefix { $0 != ":" })
                let slash = path.hasPrefix("/") ? "" : "/"
                parameters.append(
                    path.hasPrefix("arn:") ? path : style.arn(partition, "ssm", region, "parameter\(slash)\(path)"))
            case .environment, .file, .command: break
            }
        }
        var statements: [PolicyDocument.Statement] = []
        if !secrets.isEmpty {
            statements.append(
                PolicyDocument.Statement(
                    name: "KeyturnReadsSecrets", actions: ["secretsmanager:GetSecretValue"], resources: secrets))
        }
        if !parameters.isEmpty {
            statements.append(
                PolicyDocument.Statement(
                    name: "KeyturnReadsParameters", actions: ["ssm:GetParameter"], resources: parameters))
        }
        return statements
    }

    /// What to add to the policy of whom KMS does not let in; empty for other errors.
    func advice(_ error: AWSError, _ key: KMSSealKey) -> String {
        guard error.code == .denied else { return "" }
        return "; the policy of that identity needs \(sealKeyStatement(key).json.text)"
    }
}
