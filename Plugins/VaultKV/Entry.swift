public import PusherKit

/// The one function that the library exports.
@c @implementation public func kt_pusher_entry_v1(_ host: UnsafePointer<kt_host>!) -> UnsafePointer<kt_pusher>! {
    exportPusher(VaultKV.self, manifest: PackageResources.manifest_json)
}
