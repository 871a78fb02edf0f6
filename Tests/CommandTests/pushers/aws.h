/*
 * Requests by kt.aws/1, and everything that comes back of them, for the tests to look for credentials in. Included by pusher.c.
 */

/* "OPERATION|REGION|BODY": asks AWS, and reports the whole answer. Without an answer it ends as KT_RETRYABLE. */
static kt_outcome ask_aws(const kt_aws *aws, const kt_call *call, char *what) {
    static char said[KT_MAX_MESSAGE * 4];
    char *region = strchr(what, '|'), *body = region ? strchr(region + 1, '|') : NULL;
    if (region) *region++ = 0;
    if (body) *body++ = 0;
    kt_aws_request request = {.size = sizeof request, .operation = {what, strlen(what)}};
    if (region) request.region = (kt_string){region, strlen(region)};
    if (body) request.body = (kt_bytes){(const uint8_t *)body, strlen(body)};
    const kt_http_response *response = aws->send(call, &request);
    int length = snprintf(said, sizeof said, "error %d status %u text %.*s body %.*s", response->error, response->status,
                          (int)response->error_text.length, response->error_text.data,
                          (int)(response->body.length < 600 ? response->body.length : 600), (const char *)response->body.data);
    for (uint64_t index = 0; index < response->header_count; index++)
        length += snprintf(said + length, sizeof said - (size_t)length, " header %.*s=%.*s",
                           (int)response->headers[index].name.length, response->headers[index].name.data,
                           (int)response->headers[index].value.length, response->headers[index].value.data);
    kt_report report = {.size = sizeof report, .evidence = KT_EVIDENCE_VERSION, .message = {said, strlen(said)}};
    call->report(call, &report);
    return response->error == KT_HTTP_OK && response->status == 200 ? KT_OK : KT_RETRYABLE;
}
