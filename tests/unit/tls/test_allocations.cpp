// What a record costs in memory: nothing, once a connection has got going. Counts the program's operator new
// and OpenSSL's allocations.
#include "stream_fixture.hpp"

#include <doctest/doctest.h>

#include <malloc.h>

#include <cstdlib>
#include <new>

#include <openssl/crypto.h>

namespace {

thread_local std::size_t ours = 0;
thread_local std::size_t openssls = 0;
thread_local std::size_t openssls_large = 0;
thread_local long openssls_large_in_use = 0;

bool is_large(void* block) {
    return malloc_usable_size(block) > 16 * 1024;
}

void* counted_malloc(std::size_t size, const char*, int) {
    ++openssls;
    if (size > 16 * 1024) ++openssls_large;
    void* const made = std::malloc(size);
    if (is_large(made)) ++openssls_large_in_use;
    return made;
}

void* counted_realloc(void* old, std::size_t size, const char*, int) {
    ++openssls;
    if (is_large(old)) --openssls_large_in_use;
    void* const made = std::realloc(old, size);
    if (is_large(made)) ++openssls_large_in_use;
    return made;
}

void counted_free(void* p, const char*, int) {
    if (is_large(p)) --openssls_large_in_use;
    std::free(p);
}

// Before OpenSSL allocates anything, or it refuses.
const bool counting = CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) == 1;

}  // namespace

// g++ 12 inlines one half of the pair and then thinks the other is missing.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void* operator new(std::size_t size) {
    ++ours;
    if (void* p = std::malloc(size)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

using namespace skein::test;

namespace {

// A sink that keeps nothing, so that only the stream's own allocations count.
class counting_sink final : public skein::net::stream_sink {
public:
    std::size_t bytes = 0;
    void on_data(skein::byte_view data, skein::net::block_ptr&) noexcept override { bytes += data.size(); }
    void on_end(std::error_code) noexcept override {}
};

}  // namespace

TEST_CASE("a connection that waits has none of OpenSSL's buffers") {
    REQUIRE(counting);
    tls_link link;
    link.open();
    std::size_t taken = 0;
    for (int i = 0; i < 3; ++i) {
        link.server.write("response");
        const std::string record = link.server.take();
        const std::size_t before = openssls_large;
        link.try_write("request");
        link.inner->deliver(record);
        taken = openssls_large - before;
    }
    CHECK(taken == 2);  // anew for each exchange: so they had been given back
}

TEST_CASE(
    "a connection that waits has none of OpenSSL's buffers, though a ticket came last, or with a response") {
    REQUIRE(counting);
    for (const bool alone : {true, false}) {
        tls_link link({.chain = {common_world().leaf}, .min_version = TLS1_3_VERSION});
        link.open();
        const auto exchange = [&] {
            link.try_write("request");
            link.server.write("response");
            link.inner->deliver(link.server.take());
        };
        exchange();
        link.server.new_ticket();
        if (!alone) link.server.write("response");
        const std::string ticket = link.server.take();
        const long before = openssls_large_in_use;
        link.inner->deliver(ticket);
        CHECK(openssls_large_in_use == before);
    }
}

TEST_CASE("requests and responses in steady state allocate nothing of ours, and little of OpenSSL's") {
    REQUIRE(counting);
    tls_link link;
    link.open();
    counting_sink sink;
    link.stream->attach(&sink);
    link.inner->sent.reserve(1 << 20);
    const std::string request(400, 'q');
    const skein::byte_view pieces[] = {skein::as_bytes(request), skein::as_bytes("body")};
    std::size_t written = 0;
    const auto exchange = [&](const std::string& response) {
        written += link.stream->try_write(pieces);
        link.inner->deliver(response);
        link.inner->sent.clear();
    };
    std::vector<std::string> responses;
    for (int i = 0; i < 1'000; ++i) {
        link.server.write(std::string(800, 'r'));
        responses.push_back(link.server.take());
    }
    exchange(responses[0]);
    const std::size_t ours_before = ours;
    const std::size_t openssls_before = openssls;
    for (std::size_t i = 1; i < responses.size(); ++i) exchange(responses[i]);
    CHECK(sink.bytes == 800'000);
    CHECK(written == 404'000);
    CHECK(ours == ours_before);
    // In 3.0 four of 40 bytes, its packet writer, and its two buffers, which idle connections do without.
    CHECK(openssls - openssls_before <= 999 * 7);
}
