"""The public names of aiohttp's client, of the versions 3.8 to 3.13: what docs/aiohttp.md must have.

`Class.member`, and `Class(argument=)`. Where aiohttp is installed, whatever it has beyond the list is added, so that
neither a name nor a version of it is forgotten.
"""

import inspect

EXPORTS = """
    AddrInfoType AsyncIterablePayload AsyncResolver BadContentDispositionHeader BadContentDispositionParam BaseConnector
    BasicAuth BodyPartReader BufferedReaderPayload BytesIOPayload BytesPayload ChainMapProxy ClientConnectionError
    ClientConnectionResetError ClientConnectorCertificateError ClientConnectorDNSError ClientConnectorError
    ClientConnectorSSLError ClientError ClientHandlerType ClientHttpProxyError ClientMiddlewareType ClientOSError
    ClientPayloadError ClientProxyConnectionError ClientRequest ClientResponse ClientResponseError ClientSSLError
    ClientSession ClientTimeout ClientWSTimeout ClientWebSocketResponse ConnectionTimeoutError ContentTypeError CookieJar
    DataQueue DefaultResolver DigestAuthMiddleware DummyCookieJar EMPTY_PAYLOAD ETag EofStream Fingerprint
    FlowControlDataQueue FormData HttpVersion HttpVersion10 HttpVersion11 IOBasePayload InvalidURL InvalidUrlClientError
    InvalidUrlRedirectClientError JsonPayload MultipartReader MultipartWriter NamedPipeConnector NonHttpUrlClientError
    NonHttpUrlRedirectClientError PAYLOAD_REGISTRY Payload RedirectClientError RequestInfo ServerConnectionError
    ServerDisconnectedError ServerFingerprintMismatch ServerTimeoutError SocketFactoryType SocketTimeoutError StreamReader
    StringIOPayload StringPayload TCPConnector TextIOPayload ThreadedResolver TooManyRedirects TraceConfig
    TraceConnectionCreateEndParams TraceConnectionCreateStartParams TraceConnectionQueuedEndParams
    TraceConnectionQueuedStartParams TraceConnectionReuseconnParams TraceDnsCacheHitParams TraceDnsCacheMissParams
    TraceDnsResolveHostEndParams TraceDnsResolveHostStartParams TraceRequestChunkSentParams TraceRequestEndParams
    TraceRequestExceptionParams TraceRequestHeadersSentParams TraceRequestRedirectParams TraceRequestStartParams
    TraceResponseChunkReceivedParams UnixClientConnectorError UnixConnector WSCloseCode WSMessage WSMessageTypeError
    WSMsgType WSServerHandshakeError WebSocketError abc.AbstractCookieJar abc.AbstractResolver abc.ResolveResult
    content_disposition_filename encode_basic_auth get_payload hdrs parse_content_disposition payload_type request
    set_zlib_backend streamer
"""
INSIDE = {"GunicornUVLoopWebWorker", "GunicornWebWorker", "RequestInfo.real_url_default", "Signal"}  # and the server

MEMBERS = {
    "AsyncResolver": "close resolve",
    "BaseConnector": "close closed connect force_close limit limit_per_host",
    "BasicAuth": "decode encode encoding from_url login password",
    "BodyPartReader": "at_eof chunk_size decode decode_iter filename form get_charset json name next read read_chunk "
                      "readline release text",
    "ClientConnectorCertificateError": "certificate_error",
    "ClientConnectorError": "host os_error port ssl",
    "ClientResponse": "charset close closed connection content content_disposition content_length content_type cookies "
                      "get_encoding headers history host json links method ok output_size raise_for_status raw_headers "
                      "read real_url reason release request_info start status text upload_complete url url_obj version "
                      "wait_for_close",
    "ClientResponseError": "code headers history message request_info status",
    "ClientSession": "auth auto_decompress close closed connector connector_owner cookie_jar delete detach get head "
                     "headers json_serialize loop options patch post put raise_for_status request requote_redirect_url "
                     "skip_auto_headers timeout trace_configs trust_env version ws_connect",
    "ClientTimeout": "ceil_threshold connect sock_connect sock_read total",
    "ClientWebSocketResponse": "client_notakeover close close_code closed compress exception get_extra_info ping pong "
                               "protocol receive receive_bytes receive_json receive_str send_bytes send_frame send_json "
                               "send_str",
    "CookieJar": "clear clear_domain filter_cookies load quote_cookie save unsafe update_cookies",
    "Fingerprint": "check fingerprint",
    "FormData": "add_field add_fields is_multipart",
    "InvalidURL": "description url",
    "MultipartReader": "at_eof fetch_next_part from_response multipart_reader_cls next part_reader_cls release "
                       "response_wrapper_cls",
    "MultipartWriter": "append append_form append_json append_payload as_bytes boundary close content_type decode encoding "
                       "filename headers set_content_disposition size write",
    "Payload": "as_bytes autoclose close consumed content_type decode encoding filename headers reusable "
               "set_content_disposition size write write_with_length",
    "RequestInfo": "headers method real_url url",
    "ServerDisconnectedError": "message",
    "StreamReader": "at_eof begin_http_chunk_receiving end_http_chunk_receiving exception feed_data feed_eof "
                    "get_read_buffer_limits is_eof iter_any iter_chunked iter_chunks on_eof read read_nowait readany "
                    "readchunk readexactly readline readuntil set_exception set_read_chunk_size total_bytes "
                    "total_compressed_bytes total_raw_bytes unread_data wait_eof",
    "TCPConnector": "clear_dns_cache family use_dns_cache",
    "TraceConfig": "freeze on_connection_create_end on_connection_create_start on_connection_queued_end "
                   "on_connection_queued_start on_connection_reuseconn on_dns_cache_hit on_dns_cache_miss "
                   "on_dns_resolvehost_end on_dns_resolvehost_start on_request_chunk_sent on_request_end "
                   "on_request_exception on_request_headers_sent on_request_redirect on_request_start "
                   "on_response_chunk_received trace_config_ctx",
    "UnixConnector": "path",
}

# Those that a subclass takes from BaseConnector are named there; `get` stands for all methods.
ARGUMENTS = {
    "BaseConnector": "enable_cleanup_closed force_close keepalive_timeout limit limit_per_host loop "
                     "timeout_ceil_threshold",
    "BasicAuth": "encoding",
    "ClientSession": "auth auto_decompress base_url conn_timeout connector connector_owner cookie_jar cookies "
                     "fallback_charset_resolver headers json_serialize loop max_field_size max_headers max_line_size "
                     "middlewares proxy proxy_auth raise_for_status read_bufsize read_timeout request_class "
                     "requote_redirect_url response_class skip_auto_headers ssl_shutdown_timeout timeout trace_configs "
                     "trust_env version ws_response_class",
    "CookieJar": "loop quote_cookie treat_as_secure_origin unsafe",
    "DigestAuthMiddleware": "preemptive",
    "FormData": "charset default_to_multipart fields quote_fields",
    "MultipartWriter": "boundary subtype",
    "TCPConnector": "dns_cache_max_size family fingerprint happy_eyeballs_delay interleave local_addr resolver "
                    "socket_factory ssl ssl_context ssl_shutdown_timeout ttl_dns_cache use_dns_cache verify_ssl",
    "TraceConfig": "trace_config_ctx_factory",
    "UnixConnector": "path",
    "get": "allow_redirects auth auto_decompress chunked compress cookies data expect100 fingerprint headers json "
           "max_field_size max_headers max_line_size max_redirects middlewares params proxy proxy_auth proxy_headers "
           "raise_for_status read_bufsize read_until_eof server_hostname skip_auto_headers ssl ssl_context timeout "
           "trace_request_ctx verify_ssl",
}
# Positional ones that are the thing itself, and those of a base class.
PLAIN = {"BasicAuth": {"login", "password"}, "DigestAuthMiddleware": {"login", "password"},
         "get": {"self", "method", "str_or_url"},
         "TCPConnector": set(ARGUMENTS["BaseConnector"].split()), "UnixConnector": set(ARGUMENTS["BaseConnector"].split())}


def listed():
    names = set(EXPORTS.split())
    names |= {f"{owner}.{name}" for owner, members in MEMBERS.items() for name in members.split()}
    return names | {f"{owner}({name}=)" for owner, arguments in ARGUMENTS.items() for name in arguments.split()}


def _of_bases(aiohttp, one):
    """What is named with a base class: of Python's exceptions and tuples, too."""
    bases = [base for base in one.__mro__[1:] if base.__module__ == "builtins" or hasattr(aiohttp, base.__name__)]
    return {name for base in bases for name in dir(base)}


def installed():
    """The same of the aiohttp of this Python; nothing where there is none."""
    try:
        import aiohttp
    except ImportError:
        return set()
    names = set(aiohttp.__all__)
    for owner in MEMBERS:
        if one := getattr(aiohttp, owner, None):
            names |= {f"{owner}.{name}" for name in set(dir(one)) - _of_bases(aiohttp, one)
                      if name.islower() and not name.startswith("_")}
    for owner in ARGUMENTS:
        one = aiohttp.ClientSession._request if owner == "get" else getattr(aiohttp, owner, None)
        if one:
            taken = set(inspect.signature(one).parameters) - PLAIN.get(owner, set())
            names |= {f"{owner}({name}=)" for name in taken if name not in ("args", "kwargs")}
    return names - INSIDE


def wanted_names():
    return listed() | installed()
