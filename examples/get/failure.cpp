// Owns the names of the kinds of errors.
#include "failure.hpp"

#include <skein/error.hpp>

#include <filesystem>
#include <new>

namespace get {

namespace {

template <class E>
bool is(const skein::error& error) {
    return dynamic_cast<const E*>(&error) != nullptr;
}

const char* kind_of(const skein::error& error) {
    if (is<skein::invalid_url>(error)) return "invalid_url";
    if (is<skein::resolve_error>(error)) return "resolve";
    if (is<skein::connect_error>(error)) return "connect";
    if (is<skein::tls_error>(error)) return "tls";
    if (is<skein::proxy_error>(error)) return "proxy";
    if (is<skein::disconnected_error>(error)) return "disconnected";
    if (is<skein::timeout_error>(error)) return "timeout";
    if (is<skein::protocol_error>(error)) return "protocol";
    if (is<skein::payload_error>(error)) return "payload";
    if (is<skein::too_many_redirects>(error)) return "redirects";
    return "other";
}

// What the library says of a file, in the words of this program.
std::string text_of(const std::filesystem::filesystem_error& e) {
    const std::string path = e.path1().string();
    if (e.code() == std::errc::file_exists) return path + " has appeared meanwhile; --force replaces it";
    return "cannot write " + path + ": " + e.code().message();
}

}  // namespace

failure describe(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const skein::error& e) {
        return {kind_of(e), e.what()};
    } catch (const status_error& e) {
        return {"status", e.what()};
    } catch (const checksum_error& e) {
        return {"checksum", e.what()};
    } catch (const file_error& e) {
        return {"file", e.what()};
    } catch (const std::filesystem::filesystem_error& e) {
        return {"file", text_of(e)};
    } catch (const std::bad_alloc&) {
        return {"other", "out of memory"};
    } catch (const std::exception& e) {
        return {"other", e.what()};
    }
}

}  // namespace get
