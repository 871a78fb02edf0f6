import FoundationEssentials

/// Says of the variables of one place which key pair they hold, without showing a secret.
struct Judgement: Sendable {
    /// The secrets of all keys that ever were, by access key id.
    let secrets: [String: String]

    /// For each variable that has to do with access keys: the id that it holds, or how the secret in it compares.
    func verdicts(on variables: [String: String]) -> [String: String] {
        let held = variables.values.filter { secrets[$0] != nil }
        var verdicts = [PairNames.accessKeyID: "absent", PairNames.secretAccessKey: "absent"]
        for (name, value) in variables {
            if secrets[value] != nil {
                verdicts[name] = value
            } else if name == PairNames.secretAccessKey, let id = variables[PairNames.accessKeyID] {
                verdicts[name] = secrets[id] == value ? "matches" : "differs"
            } else if held.contains(where: { secrets[$0] == value }) {
                verdicts[name] = "matches"
            } else if let id = holder(ofFile: value) {
                verdicts[name] = id
            } else if name.contains("SECRET") || value.contains("aws_access_key_id")
                || name.contains("CREDENTIALS_FILE")
                || name == PairNames.accessKeyID
                || isSecretOfAnyKey(value)
            {
                verdicts[name] = "differs"
            }
        }
        return verdicts
    }

    /// The key whose ID and secret a credentials file holds in one of its profiles, as it is or in base64; nil where no
    /// profile has both of one key, or it is no such file.
    private func holder(ofFile text: String) -> String? {
        var file = text
        if !text.contains("aws_access_key_id"), let data = Data(base64Encoded: text) {
            file = String(decoding: data, as: UTF8.self)
        }
        return file.split(separator: "[").lazy.compactMap { holder(ofProfile: $0) }.first
    }

    private func holder(ofProfile text: Substring) -> String? {
        func value(_ name: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix("\(name) = ") }.map {
                String($0.dropFirst(name.count + 3))
            }
        }
        guard let id = value("aws_access_key_id"), let secret = value("aws_secret_access_key") else { return nil }
        return secrets[id] == secret ? id : nil
    }

    private func isSecretOfAnyKey(_ value: String) -> Bool {
        // Only what could be one is looked for among all of them.
        value.utf8.count == 40 && secrets.values.contains(value)
    }
}
