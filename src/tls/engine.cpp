// Drives OpenSSL. Every entry clears its error queue first, and bounds what the peer can make it do.
#include "tls/engine.hpp"

#include "tls/peer_name.hpp"

#include <skein/error.hpp>
#include <skein/tls_errc.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <openssl/x509v3.h>

namespace skein::tls {

namespace {

// What a peer may send without giving us data. A handshake is a few KiB, of which OpenSSL allows 100 KiB for
// certificates; a record is 16 KiB, a session ticket seldom over 2.
constexpr std::size_t handshake_limit = 256 * 1024;
constexpr std::size_t barren_limit = 64 * 1024;
// What it may make us say (answers to KeyUpdate, 22 bytes each) without taking it from us.
constexpr std::size_t answer_limit = 16 * 1024;

// Header, IV, MAC and padding of a record, of the cipher with the longest (TLS 1.2 with CBC and SHA-384).
constexpr std::size_t record_overhead = 96;

/// Whether the header of a record was read, and not all that belongs to it. If nothing but the header came,
/// OpenSSL says that nothing is pending.
bool is_within_record(const SSL* ssl) noexcept {
    return std::string_view(SSL_rstate_string(ssl)) != "RH";
}

}  // namespace

engine::engine(std::shared_ptr<context> context, std::string_view host, std::shared_ptr<session_box> sessions)
    : context_(std::move(context)),
      sessions_(std::move(sessions)),
      ssl_(SSL_new(context_->handle())),
      host_(peer_name(context_->settings().server_name.empty() ? host : context_->settings().server_name)) {
    if (!ssl_) throw std::bad_alloc();
    BIO* bio = BIO_new(bio_method());
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);  // owns it from now on
    SSL_set_connect_state(ssl_.get());
    SSL_set_app_data(ssl_.get(), this);
    const settings& with = context_->settings();
    if (with.verify || !with.pins.empty()) SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, on_verify);
    if (!with.identity) SSL_set_cert_cb(ssl_.get(), on_certificate_wanted, this);
    expect_host();
    if (sessions_ != nullptr) use_sessions();
}

void engine::expect_host() {
    X509_VERIFY_PARAM* expected = SSL_get0_param(ssl_.get());
    X509_VERIFY_PARAM_set_hostflags(
        expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    forget_errors();
    bool good = can_be_named(host_);
    if (good && X509_VERIFY_PARAM_set1_ip_asc(expected, host_.c_str()) != 1)
        good = X509_VERIFY_PARAM_set1_host(expected, host_.data(), host_.size()) == 1 &&
               SSL_set_tlsext_host_name(ssl_.get(), host_.c_str()) == 1;
    ERR_clear_error();
    if (!good) throw tls_error("no certificate can be for the host \"" + host_ + "\"", host_, 0);
}

void engine::use_sessions() {
    SSL_set_ex_data(ssl_.get(), session_box_index(), sessions_.get());
    if (const auto session = sessions_->take()) SSL_set_session(ssl_.get(), session.get());
    forget_errors();
}

void engine::offer_own_protocols() {
    const std::string& list = context_->settings().alpn;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(list.data());
    if (SSL_set_alpn_protos(ssl_.get(), list.empty() ? nullptr : bytes, static_cast<unsigned>(list.size())) !=
        0)
        throw std::bad_alloc();
    own_protocols_ = true;
}

bool engine::has_offered(std::string_view protocol) const noexcept {
    if (!own_protocols_) return protocol == http_protocol;
    std::string_view left = context_->settings().alpn;
    while (!left.empty()) {
        const std::size_t size = static_cast<unsigned char>(left.front());
        if (left.substr(1, size) == protocol) return true;
        left.remove_prefix(1 + size);
    }
    return false;
}

void engine::feed(byte_view ciphertext) noexcept {
    in_ = ciphertext;
    if (state_ != state::handshaking || beginning_size_ == beginning_.size()) return;
    const std::size_t n = std::min(ciphertext.size(), beginning_.size() - beginning_size_);
    std::copy_n(ciphertext.begin(), n, beginning_.begin() + static_cast<std::ptrdiff_t>(beginning_size_));
    beginning_size_ += n;
}

status engine::handshake() noexcept {
    if (state_ == state::failed) return status::failed;
    if (state_ == state::established) return status::done;
    forget_errors();
    const int result = SSL_do_handshake(ssl_.get());
    return result == 1 ? establish() : judge(result);
}

status engine::establish() noexcept {
    if (!alpn().empty() && !has_offered(alpn()))  // not every OpenSSL 3 compares (RFC 7301 section 3.1)
        return fail_with([&] {
            return failure{tls_errc::handshake_failed,
                           "the peer chose an application protocol that was not offered"};
        });
    state_ = state::established;
    barren_bytes_ = 0;
    // Of TLS 1.3 the tickets come later. One of TLS 1.2 is there, new or the one that was used: servers
    // seldom give a new one for that.
    if (sessions_ != nullptr && SSL_version(ssl_.get()) < TLS1_3_VERSION)
        sessions_->put(owned<SSL_SESSION>(SSL_get1_session(ssl_.get())));
    return status::done;
}

status engine::read(std::span<std::byte> into, std::size_t& got) noexcept {
    got = 0;
    if (state_ == state::failed) return status::failed;
    if (closed_) return status::closed;
    if (state_ == state::handshaking) return status::want_input;
    if (in_.empty() && SSL_has_pending(ssl_.get()) == 0) return starved();  // spares OpenSSL the question
    forget_errors();
    const std::size_t said = out_.size();
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    answer_bytes_ += out_.size() - said;
    if (result != 1 || barren_bytes_ > got + record_overhead) more_than_data_ = true;
    if (result != 1) return judge(result);
    barren_bytes_ = 0;
    return status::done;
}

status engine::write(byte_view plaintext) noexcept {
    if (state_ != state::established || shut_down_) return status::failed;
    if (plaintext.empty()) return status::done;
    if (!make_room(plaintext.size())) return fail({std::make_error_code(std::errc::not_enough_memory), {}});
    forget_errors();
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &written);
    return result == 1 ? status::done : judge(result);
}

// For the records of so much plaintext at once, or a large write would copy them as the output grows.
bool engine::make_room(std::size_t plaintext_bytes) noexcept {
    const std::size_t records = plaintext_bytes / SSL3_RT_MAX_PLAIN_LENGTH + 1;
    const std::size_t wanted = out_.size() + plaintext_bytes + records * record_overhead;
    if (wanted <= out_.capacity()) return true;
    try {
        out_.reserve(std::max(wanted, std::size_t{1024}));
    } catch (...) {
        return false;
    }
    return true;
}

void engine::shutdown() noexcept {
    if (state_ != state::established || std::exchange(shut_down_, true)) return;
    forget_errors();
    if (SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();  // best effort
}

void engine::clear_output() noexcept {
    out_.clear();
    answer_bytes_ = 0;
}

void engine::swap_output(std::vector<std::byte>& other) noexcept {
    out_.swap(other);
    answer_bytes_ = 0;
}

void engine::release_output(std::size_t kept_bytes) noexcept {
    if (out_.empty() && out_.capacity() > kept_bytes) std::vector<std::byte>().swap(out_);
}

std::string_view engine::alpn() const noexcept {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

// What a call that did not succeed means.
status engine::judge(int result) noexcept {
    if (out_of_memory_) return fail({std::make_error_code(std::errc::not_enough_memory), {}});
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return starved();
        case SSL_ERROR_ZERO_RETURN:
            if (state_ == state::handshaking) break;
            closed_ = true;
            return status::closed;
        default:
            break;
    }
    if (failure_.code) return fail(std::move(failure_));  // on_verify has said it
    const bool established = state_ == state::established;
    const byte_view beginning(beginning_.data(), beginning_size_);
    return fail_with([&] {
        if (!established && !looks_like_tls(beginning)) return not_tls_failure(beginning);
        failure why = openssl_failure(ERR_peek_error(), established);
        if (lacks_certificate_) why.text += "; it had asked for a client certificate, and there is none";
        return why;
    });
}

bool engine::has_partial_record() const noexcept {
    return SSL_has_pending(ssl_.get()) != 0 || is_within_record(ssl_.get());
}

// All input is used up. Whether that is well depends on what it was, and on whether more can come.
status engine::starved() noexcept {
    const bool established = state_ == state::established;
    if (barren_bytes_ > (established ? barren_limit : handshake_limit) || answer_bytes_ > answer_limit)
        return fail_with([&] {
            return failure{tls_errc::flood, "the peer sent " + std::to_string(barren_bytes_) +
                                                " bytes of TLS without any data in it"};
        });
    // To read a ticket OpenSSL takes its buffer for writing, too, and would keep that until the next write.
    if (established && more_than_data_ && !is_within_record(ssl_.get())) {
        SSL_free_buffers(ssl_.get());
        more_than_data_ = false;
    }
    if (!ended_) return status::want_input;
    if (established && !context_->settings().requires_close_notify && !has_partial_record()) {
        closed_ = true;
        return status::closed;
    }
    // OpenSSL takes a connection without our close_notify for a bad one and spoils its session. There is
    // nothing wrong with that, and servers that end so are many.
    if (established) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN);
    const byte_view beginning(beginning_.data(), beginning_size_);
    return fail_with([&] {
        if (established)
            return failure{tls_errc::truncated,
                           "the connection ended without the TLS close_notify: what was "
                           "received may have been cut"};
        if (!looks_like_tls(beginning)) return not_tls_failure(beginning);
        return failure{tls_errc::handshake_cut,
                       "the peer closed the connection during the TLS handshake, "
                       "after " +
                           std::to_string(barren_bytes_) + " bytes"};
    });
}

status engine::fail(failure why) noexcept {
    state_ = state::failed;
    failure_ = std::move(why);
    in_ = {};
    ERR_clear_error();
    return status::failed;
}

// Puts the words together, which takes memory.
template <class Fn>
status engine::fail_with(Fn&& explain) noexcept {
    try {
        return fail(explain());
    } catch (...) {
        return fail({std::make_error_code(std::errc::not_enough_memory), {}});
    }
}

int engine::on_verify(int good, X509_STORE_CTX* store) {
    if (good == 1) return 1;
    const auto* ssl =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& self = *static_cast<engine*>(SSL_get_app_data(ssl));
    const settings& with = self.context_->settings();
    const int error = X509_STORE_CTX_get_error(store);
    try {
        if (error == X509_V_ERR_APPLICATION_VERIFICATION)
            self.failure_ = pin_failure(with.verify ? with.pins.seen_in(X509_STORE_CTX_get0_chain(store))
                                                    : with.pins.seen_in_leaf(X509_STORE_CTX_get0_cert(store)),
                                        X509_STORE_CTX_get0_cert(store));
        else
            self.failure_ = certificate_failure(error, X509_STORE_CTX_get_current_cert(store), self.host_,
                                                self.context_->lacks_system_roots());
    } catch (...) {
        self.out_of_memory_ = true;
    }
    return 0;
}

int engine::on_certificate_wanted(SSL*, void* self) {
    static_cast<engine*>(self)->lacks_certificate_ = true;
    return 1;  // goes on without
}

BIO_METHOD* engine::bio_method() {
    // Never freed: a connection of static storage may outlive what is destroyed at exit.
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "skein");
        if (made == nullptr) throw std::bad_alloc();
        BIO_meth_set_read_ex(made, bio_read);
        BIO_meth_set_write_ex(made, bio_write);
        BIO_meth_set_ctrl(made, bio_ctrl);
        return made;
    }();
    return method;
}

int engine::bio_read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
    auto& self = *static_cast<engine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (self.in_.empty()) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *got = std::min(size, self.in_.size());
    std::memcpy(into, self.in_.data(), *got);
    self.in_ = self.in_.subspan(*got);
    self.barren_bytes_ += *got;
    return 1;
}

int engine::bio_write(BIO* bio, const char* from, std::size_t size, std::size_t* written) {
    auto& self = *static_cast<engine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto* bytes = reinterpret_cast<const std::byte*>(from);
    try {
        self.out_.insert(self.out_.end(), bytes, bytes + size);
    } catch (...) {
        self.out_of_memory_ = true;  // no exception may cross OpenSSL's frames
        return 0;
    }
    *written = size;
    return 1;
}

long engine::bio_ctrl(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;  // the output needs no flushing; all else is unknown here
}

}  // namespace skein::tls
