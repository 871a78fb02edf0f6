/// What a proving job does, for the POSIX shell of any runner: prints one line that says which key it is given, and whether AWS accepts it.
///
/// - It needs od, tr, sed, cut, date and one of sha256sum, shasum and openssl. STS is asked by `aws`, else by a curl that can sign
///   (7.75 or later). With neither it says `present`: the job has the key, and has not used it. Signing without them would be
///   cryptography in shell.
/// - The secret is given to `aws` by its environment and to curl by a pipe, never as an argument. A value that does not look like a
///   key ID is not printed: the two names may have been confused.
/// - CI systems mask what they keep as a secret, so what is printed is in other forms: the key ID in groups of four, the place in
///   hexadecimal. A key ID is not secret. If it is masked all the same, the hash finds it among the keys that IAM lists.
/// - It is a function in a subshell without `exit`: that would end Travis CI's own shell, and the job's variables stay as they are.
///   The word that begins the line is put together, so that a log which shows this text has no line that looks like one.
enum ProofScript {
    /// - Parameters:
    ///   - server: the shell's word for the base URL of the CI system's API.
    ///   - path: the shell's word for the repository or project.
    ///   - part: the shell's word for the environment or branch.
    /// - Precondition: all of it can stand in a shell's text, and `id` and `secret` are names of variables.
    static func text(
        _ system: ProofSystem, id: String, secret: String, region: String, nonce: String, server: String, path: String,
        part: String
    ) -> String {
        """
        keyturn_proof() (
          { set +e +x; } 2>/dev/null
          export LC_ALL=C
          word=keyturn-proof nonce=\(nonce)
          region=\(region) names=\(id),\(secret)
          id=${\(id)-} secret=${\(secret)-} token=${AWS_SESSION_TOKEN-}
          server=\(server.isEmpty ? "''" : server) path=\(path) part=\(part)
          unset AWS_PROFILE AWS_DEFAULT_PROFILE
          hex() { if [ -n "$1" ]; then printf %s "$1" | od -An -v -tx1 | tr -d ' \\n'; else printf -; fi; }
          have() { command -v "$1" >/dev/null 2>&1; }
          sha() { if have sha256sum; then sha256sum; elif have shasum; then shasum -a 256; else openssl dgst -sha256 -r; fi; }
          by_aws() {
            said=$(AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret aws sts get-caller-identity --region "$region" --output text 2>&1 >/dev/null) && { echo used; return; }
            case $said in
            *InvalidClientTokenId* | *SignatureDoesNotMatch* | *ExpiredToken* | *AccessDenied*) echo refused ;;
            *) echo unreachable ;;
            esac
          }
          by_curl() {
            case $region in cn-*) end=.cn ;; *) end= ;; esac
            url=${AWS_ENDPOINT_URL_STS:-${AWS_ENDPOINT_URL:-https://sts.$region.amazonaws.com$end}}
            code=$({
              printf 'user = "%s:%s"\\n' "$id" "$secret"
              if [ -n "$token" ]; then printf 'header = "x-amz-security-token: %s"\\n' "$token"; fi
            } | curl -q -s -m 20 -o /dev/null -w '%{http_code}' -K - --aws-sigv4 "aws:amz:$region:sts" \\
              -d 'Action=GetCallerIdentity&Version=2011-06-15' "${url%/}/")
            case $code in 200) echo used ;; 403) echo refused ;; *) echo unreachable ;; esac
          }
          sts() {
            result=present
            if have aws; then result=$(by_aws); fi
            case $result in
            present | unreachable) if curl -q --aws-sigv4 aws:amz --version >/dev/null 2>&1; then result=$(by_curl); fi ;;
            esac
            echo "$result"
          }
          case $id in
          *[!A-Z0-9]*) key=- ;;
          AKIA????????????* | ASIA????????????*) key=$(printf %s "$id" | sed 's/..../&-/g; s/-$//') ;;
          *) key=- ;;
          esac
          case $id in AKIA*) unset AWS_SESSION_TOKEN AWS_SECURITY_TOKEN; token= ;; esac
          if [ "$key" = - ]; then
            result=no-key
          else
            case $secret in
            '' | *[!A-Za-z0-9/+=]*) result=no-secret ;;
            *) result=$(sts) ;;
            esac
          fi
          line="$word/1 \(system.rawValue) server=$(hex "$server") path=$(hex "$path") part=$(hex "$part") names=$names key=$key result=$result at=$(date -u +%Y-%m-%dT%H:%M:%SZ) nonce=$nonce"
          hash=$(printf %s "$line" | sha | cut -c 1-64)
          echo "$line hash=$hash"
        )
        keyturn_proof
        """
    }
}
