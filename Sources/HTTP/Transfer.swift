internal import CCurl
internal import Glibc
internal import Secrets

/// One request on the wire. Only the client's thread touches it.
final class Transfer {
    /// Header fields of one response, and their bytes.
    static let headerLimit = (count: 128, bytes: 24 << 10)

    let handle: UnsafeMutableRawPointer?
    var isCancelled = false
    private let request: HTTPRequest
    private let completion: HTTPClient.Completion
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: [(name: String, value: String)] = []
    private var headerBytes = 0
    private var body: [UInt8] = []
    /// Bytes that the request's sink was given, or that were dropped.
    private var passedOn = 0
    private var isTooLarge = false
    private var isCrowded = false
    private var isOutOfReach = false
    private let room: ResponseRoom
    /// The client's file of certificate authorities.
    private let authorities: String?
    /// Bytes of ``room`` that it holds.
    private var taken = 0
    private var takenForHeaders = 0
    /// The URL that is sent; nil: none is.
    private let url: HTTPURL?
    /// Why nothing is sent.
    private let refusal: String?
    private let proxy: String?
    private let addressCheck = UnsafeMutablePointer<kt_curl_address_check>.allocate(capacity: 1)
    private let sendingCheck = UnsafeMutablePointer<kt_curl_sending_check>.allocate(capacity: 1)
    /// How often libcurl has begun to send it.
    private var sendings = 0
    private var isForbidden = false

    init(
        _ request: HTTPRequest, _ options: HTTPClient.Options, _ room: ResponseRoom,
        _ completion: @escaping HTTPClient.Completion
    ) {
        self.request = request
        self.room = room
        authorities = options.authorities
        self.completion = completion
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        addressCheck.initialize(to: kt_curl_address_check())
        sendingCheck.initialize(to: kt_curl_sending_check())
        do throws(HTTPURL.Malformed) {
            let url = try HTTPURL(request.url)
            self.url = url
            refusal = request.reach.refusal(of: url) ?? Self.refusal(of: request)
        } catch {
            url = nil
            refusal = error.description
        }
        proxy = url.flatMap { request.reach.isDirect ? nil : Proxy.url(for: $0) }
        handle = refusal == nil ? curl_easy_init() : nil
        guard let handle, let url else { return }
        prepare(handle, url, options)
        prepareMethod(handle)
        prepareHeaders(handle)
    }

    deinit {
        if let handle { curl_easy_cleanup(handle) }
        wipeHeaders()
        Secret.wipe(&body)
        room.give(taken + takenForHeaders)
        errorText.deallocate()
        addressCheck.deallocate()
        sendingCheck.deallocate()
    }

    /// A body would turn a GET into a POST.
    private static func refusal(of request: HTTPRequest) -> String? {
        let takesNone = request.method == .get || request.method == .head
        return takesNone && request.body != nil ? "a \(request.method.rawValue) with a body" : nil
    }

    private func prepare(_ handle: UnsafeMutableRawPointer, _ url: HTTPURL, _ options: HTTPClient.Options) {
        kt_curl_set_string(handle, CURLOPT_URL, url.description)
        kt_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        // An option, not a header field: libcurl signs every field that is set, and botocore, by which servers are
        // written, leaves this one out.
        kt_curl_set_string(handle, CURLOPT_USERAGENT, "keyturn")
        kt_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        kt_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        kt_curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // One connection for many requests, where the handshake may offer HTTP/2. Without TLS there is none to wait for.
        if url.scheme == .https { kt_curl_set_long(handle, CURLOPT_PIPEWAIT, 1) }
        kt_curl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1)
        kt_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, min(10_000, milliseconds(request.timeout)))
        // 0: never.
        kt_curl_set_long(
            handle, CURLOPT_TIMEOUT_MS, request.waitsWithoutEnd ? 0 : milliseconds(request.timeout))
        kt_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        checkSendings(handle)
        // When a kept connection closes without an answer, libcurl sends the request again on a new one, whatever its
        // method. On a connection of its own there is nothing to make up for.
        if request.isSentOnce { kt_curl_set_long(handle, CURLOPT_FRESH_CONNECT, 1) }
        // Said even where there is none: libcurl would look in the environment itself. An empty name switches proxies off.
        kt_curl_set_string(handle, CURLOPT_PROXY, proxy ?? "")
        if proxy == nil { checkAddresses(handle) }
        TrustStore.apply(request.authorities ?? options.authorities, to: handle)
        // The client keeps the transfer until it is finished, so the callbacks may borrow it.
        let context = Unmanaged.passUnretained(self).toOpaque()
        kt_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        kt_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        kt_curl_set_data_function(handle, CURLOPT_WRITEFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receive(body: bytes)
        }
        kt_curl_set_data_function(handle, CURLOPT_HEADERFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receive(header: bytes)
        }
    }

    private func checkSendings(_ handle: UnsafeMutableRawPointer) {
        sendingCheck.pointee = kt_curl_sending_check(
            allows: { context in
                guard let context else { return 0 }
                return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().allowsSending() ? 1 : 0
            }, context: Unmanaged.passUnretained(self).toOpaque())
        kt_curl_check_sendings(handle, sendingCheck)
    }

    private func allowsSending() -> Bool {
        guard request.permit?() ?? true else {
            isForbidden = true
            return false
        }
        sendings += 1
        return true
    }

    /// Looks at each address before a connection to it is made.
    private func checkAddresses(_ handle: UnsafeMutableRawPointer) {
        addressCheck.pointee = kt_curl_address_check(
            allows: { address, context in
                guard let address, let context else { return 0 }
                return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().allows(address) ? 1 : 0
            }, context: Unmanaged.passUnretained(self).toOpaque())
        kt_curl_check_addresses(handle, addressCheck)
    }

    private func allows(_ address: UnsafePointer<sockaddr>) -> Bool {
        let isFine = url.map { request.reach.allows(address, for: $0.scheme) } ?? false
        if !isFine { isOutOfReach = true }
        return isFine
    }

    private func prepareMethod(_ handle: UnsafeMutableRawPointer) {
        switch request.method {
        case .get: kt_curl_set_long(handle, CURLOPT_HTTPGET, 1)
        case .head: kt_curl_set_long(handle, CURLOPT_NOBODY, 1)
        case .post, .put, .patch, .delete: kt_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        guard request.body != nil || [.post, .put, .patch].contains(request.method) else { return }
        guard let body = request.body else {
            kt_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, 0)
            kt_curl_set_string(handle, CURLOPT_COPYPOSTFIELDS, "")
            return
        }
        kt_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
        // A secret's memory stays where it is, and the request, which the transfer holds, keeps it alive: libcurl reads
        // it in place, and no copy is left behind.
        let memory = body.withBytes { $0.baseAddress }
        kt_curl_set_pointer(handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: memory))
    }

    private func prepareHeaders(_ handle: UnsafeMutableRawPointer) {
        request.headers.withBytes { bytes in
            for line in bytes.split(separator: 0x0A) where !line.isEmpty {
                var text = line.map { CChar(bitPattern: $0) } + [0]
                fields = curl_slist_append(fields, text)
                text.withUnsafeMutableBytes { if let memory = $0.baseAddress { explicit_bzero(memory, $0.count) } }
            }
        }
        kt_curl_set_pointer(handle, CURLOPT_HTTPHEADER, fields)
    }

    private func wipeHeaders() {
        var field = fields
        while let current = field {
            if let data = current.pointee.data { explicit_bzero(data, strlen(data)) }
            field = current.pointee.next
        }
        curl_slist_free_all(fields)
        fields = nil
    }

    private func receive(body bytes: UnsafeRawBufferPointer) -> Int {
        if let sink = request.sink { return pass(bytes, to: sink) }
        guard body.count + bytes.count <= request.responseLimit else {
            isTooLarge = true
            return 0
        }
        if body.count + bytes.count > body.capacity, !grow(by: bytes.count) { return 0 }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    private func pass(_ bytes: UnsafeRawBufferPointer, to sink: (UnsafeRawBufferPointer) -> Void) -> Int {
        passedOn += bytes.count
        guard passedOn <= request.responseLimit else {
            isTooLarge = true
            return 0
        }
        var status = 0
        if let handle { kt_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status) }
        if status == 200 { sink(bytes) }
        return bytes.count
    }

    /// Growing leaves the former memory behind, so that is wiped.
    ///
    /// - Returns: false where the client's answers have no more room.
    private func grow(by count: Int) -> Bool {
        let capacity = min(request.responseLimit, max(4_096, (body.count + count) * 2))
        // The first bytes of each answer are its own, so that ordinary ones never wait for room.
        let wanted = max(0, capacity - ResponseRoom.ownBytes)
        guard room.take(wanted - taken) else {
            isCrowded = true
            return false
        }
        taken = wanted
        var larger: [UInt8] = []
        larger.reserveCapacity(capacity)
        larger.append(contentsOf: body)
        Secret.wipe(&body)
        body = larger
        return true
    }

    private func receive(header bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headers.count < Self.headerLimit.count, headerBytes <= Self.headerLimit.bytes else {
            isTooLarge = true
            return 0
        }
        // libcurl keeps a copy of its own.
        guard room.take(2 * bytes.count) else {
            isCrowded = true
            return 0
        }
        takenForHeaders += 2 * bytes.count
        // What is not ASCII means nothing that is looked for here, and would take thrice the memory where it is not UTF-8.
        let line = String(decoding: bytes.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
        // An interim response (100) or a proxy's (CONNECT) comes first; its fields are not the answer's.
        if line.hasPrefix("HTTP/") {
            headers = []
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append((line[..<colon].lowercased(), String(value.prefix { !$0.isNewline })))
        }
        return bytes.count
    }

    /// Connections that were opened for it.
    var connections: Int {
        var count = 0
        if let handle { kt_curl_get_long(handle, CURLINFO_NUM_CONNECTS, &count) }
        return count
    }

    func finish(_ result: CURLcode) {
        guard result == CURLE_OK, let handle else { return completion(.failure(error(result))) }
        var status = 0
        kt_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        guard let body = Secret.takingIfRoom(&body) else {
            return completion(.failure(HTTPError(.crowded, "there is no memory left that is fit for its answer")))
        }
        completion(
            .success(
                HTTPResponse(status: status, headers: headers, body: body, followsRepetition: sendings > 1)))
    }

    private func error(_ result: CURLcode) -> HTTPError {
        if isCancelled { return HTTPError(.cancelled, "the request was cancelled") }
        if isTooLarge { return HTTPError(.tooLarge, "the answer is larger than \(request.responseLimit) bytes") }
        if isCrowded { return HTTPError(.crowded, "too many large answers are being received at the same time") }
        if let refusal { return HTTPError(.refused, refusal) }
        // What was sent before may have had an effect.
        if isForbidden {
            return HTTPError(sendings == 0 ? .cancelled : .lost, "this process may not act any more: its lease is over")
        }
        if isOutOfReach, result == CURLE_COULDNT_CONNECT {
            return HTTPError(
                .refused, request.reach == .abroad ? HTTPRequest.Reach.isNear : "plain http to another machine")
        }
        var sent = 0
        if let handle { kt_curl_get_long(handle, CURLINFO_REQUEST_SIZE, &sent) }
        let detail = String(cString: errorText)
        let isTrustless = url?.scheme == .https && TrustStore.isEmpty(request.authorities ?? authorities)
        if isTrustless, Self.code(result, hasSent: false, isRepeated: false) == .tls {
            return HTTPError(.tls, TrustStore.missing)
        }
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        return HTTPError(Self.code(result, hasSent: sent > 0, isRepeated: sendings > 1), text)
    }

    private static func code(_ result: CURLcode, hasSent: Bool, isRepeated: Bool) -> HTTPError.Code {
        switch result {
        case CURLE_OPERATION_TIMEDOUT where hasSent: return .timedOut
        // Of a connection that was made to send it again.
        case _ where isRepeated: return .lost
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            return .tls
        // An answer that is not HTTP has the code of an unknown protocol, too: it comes after the request.
        case _ where hasSent: return .lost
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY: return .refused
        default: return .unreachable
        }
    }

    private func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return Int(clamping: max(1, seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
    }
}
