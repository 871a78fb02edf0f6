import CKeyturnPusher

/// The `open` of a pusher's type: decodes the configuration, and writes the instance.
func openPusher<Plugin: Pusher>(
    _ type: Plugin.Type, _ manifest: Manifest, _ host: UnsafePointer<kt_host>?, _ call: UnsafePointer<kt_call>,
    _ configuration: kt_string, _ instance: UnsafeMutablePointer<UnsafeMutableRawPointer?>
) -> kt_outcome {
    var redaction = Redaction([])
    do throws(PushFailure) {
        guard let bytes = configuration.bytes else {
            throw PushFailure(.internal, "the host gave no configuration")
        }
        let secrets = try decodeFields(SecretFields.self, from: bytes, what: "the configuration")
        redaction = Redaction(manifest.secrets.compactMap { secrets.values[$0] })
        let services = Services(host)
        if !manifest.hosts.isEmpty && services.send == nil {
            throw PushFailure(.unsupported, "\(manifest.id) needs the host service \(KT_SERVICE_HTTP_1)")
        }
        let fields = try decodeFields(Plugin.Configuration.self, from: bytes, what: "the configuration")
        let plugin = try Plugin(configuration: fields)
        let opened = Instance(plugin: plugin, services: services, redaction: redaction)
        instance.pointee = Unmanaged.passRetained(InstanceBox(opened)).toOpaque()
        return KT_OK
    } catch {
        return Outcome(error).report(to: call, redaction)
    }
}

/// Every configuration field that is text: which of them are secret, the manifest says.
private struct SecretFields: Decodable {
    let values: [String: SecretBytes]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: FieldName.self)
        var values: [String: SecretBytes] = [:]
        for key in container.allKeys { values[key.stringValue] = try? container.decode(SecretBytes.self, forKey: key) }
        self.values = values
    }

    private struct FieldName: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
