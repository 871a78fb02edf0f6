import CKeyturnPusher

/// The `open` of a pusher's type: reads the configuration, and writes the instance.
func openPusher<Plugin: Pusher>(
    _ type: Plugin.Type, _ manifest: Manifest, _ host: UnsafePointer<kt_host>?, _ call: UnsafePointer<kt_call>,
    _ configuration: kt_string, _ instance: UnsafeMutablePointer<UnsafeMutableRawPointer?>
) -> kt_outcome {
    var redaction = Redaction([])
    do throws(PushFailure) {
        guard let bytes = configuration.bytes else {
            throw PushFailure(.internal, "the host gave no configuration")
        }
        let json = try parseFields(bytes, what: "the configuration")
        redaction = Redaction(manifest.secrets.compactMap { try? json.value($0, as: SecretBytes.self) })
        let services = Services(host)
        if !manifest.hosts.isEmpty && services.send == nil {
            throw PushFailure(.unsupported, "\(manifest.id) needs the host service \(KT_SERVICE_HTTP_1)")
        }
        if !manifest.aws.isEmpty && services.sendToAWS == nil {
            throw PushFailure(.unsupported, "\(manifest.id) needs the host service \(KT_SERVICE_AWS_1)")
        }
        let fields = try readFields(Plugin.Configuration.self, from: json, what: "the configuration")
        let plugin = try Plugin(configuration: fields)
        let opened = Instance(plugin: plugin, services: services, redaction: redaction)
        instance.pointee = Unmanaged.passRetained(opened as AnyInstance).toOpaque()
        return KT_OK
    } catch {
        return Outcome(error).report(to: call, redaction)
    }
}
