#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <vector>

#include <malloc.h>
#include <openssl/ssl.h>

#include "base/assert.hpp"
#include "dtls/session.hpp"

// Handshakes as browsers make them with us: a ClientHello in two datagrams, certificates of both
// sides (ECDSA P-256), use_srtp, the fingerprint checked, the keys exported. Both sides run here; only
// what the server's side takes of a processor is counted.
namespace offhook::bench {
namespace {

using dtls::Certificate;
using dtls::Connected;
using dtls::Context;
using dtls::Datagram;
using dtls::PeerFingerprint;
using dtls::Role;
using dtls::Session;

constexpr double kGoal = 2'000;  // handshakes a second of one core
constexpr int kRounds = 5;
constexpr std::size_t kHeldAtOnce = 200;
constexpr Time kNow{std::chrono::hours(1)};

// Browsers offer DTLS 1.3 with the key shares of two groups: 1.4 kB where OpenSSL has 0.2.
constexpr unsigned int kUnknownExtension = 65'037;
constexpr std::array<std::uint8_t, 1'190> kExtensionBytes{};

int add_extension(SSL*, unsigned int, unsigned int, const unsigned char** out, std::size_t* size,
                  X509*, std::size_t, int*, void*) {
  *out = kExtensionBytes.data();
  *size = kExtensionBytes.size();
  return 1;
}

struct Identity {
  Certificate certificate = Certificate::make().value();
  Context context = Context::make(certificate).value();
  [[nodiscard]] PeerFingerprint fingerprint() const {
    return {.algorithm = "sha-256", .value = certificate.fingerprint()};
  }
};

std::int64_t thread_nanoseconds() {
  std::timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t heap_bytes() { return static_cast<std::int64_t>(::mallinfo2().uordblks); }

// Adds to `total` by how much `measure` grows while the server's side is at work.
struct Meter {
  std::int64_t (*measure)();
  std::int64_t total = 0;
  void around(const auto& act) {
    const std::int64_t before = measure();
    act();
    total += measure() - before;
  }
};

// One browser and our side of it.
class Pair {
 public:
  Pair(const Identity& gateway, const Identity& browser, Meter& server_meter)
      : meter_(server_meter), client_(browser.context, Role::Client, gateway.fingerprint(), kNow) {
    const PeerFingerprint fingerprint = browser.fingerprint();
    meter_.around([&] { server_.emplace(gateway.context, Role::Server, fingerprint, kNow); });
  }

  void send_hello() {
    const std::size_t datagrams = to_server();
    OFFHOOK_ASSERT(datagrams == 2);
  }
  void finish() {
    while (!(client_.connected() && server_->connected())) {
      to_client();
      to_server();
    }
  }
  void release() {
    meter_.around([&] { server_->release(); });
  }

 private:
  static std::vector<Bytes> take(Session& from) {
    std::vector<Bytes> datagrams;
    while (const auto output = from.poll_output()) {
      if (const auto* datagram = std::get_if<Datagram>(&*output)) {
        datagrams.emplace_back(datagram->bytes.begin(), datagram->bytes.end());
      } else {
        OFFHOOK_ASSERT(std::holds_alternative<Connected>(*output));
      }
    }
    return datagrams;
  }

  std::size_t to_server() {
    const std::vector<Bytes> datagrams = take(client_);
    meter_.around([&] {
      for (const Bytes& datagram : datagrams) server_->handle(datagram, kNow);
    });
    return datagrams.size();
  }
  void to_client() {
    for (const Bytes& datagram : take(*server_)) client_.handle(datagram, kNow);
  }

  Meter& meter_;
  Session client_;
  std::optional<Session> server_;
};

// Handshakes a second that one core makes.
double measure_rate(const Identity& gateway, const Identity& browser, int handshakes) {
  Meter time{&thread_nanoseconds};
  for (int i = 0; i < handshakes; ++i) {
    Pair pair(gateway, browser, time);
    pair.send_hello();
    pair.finish();
    pair.release();
  }
  return 1e9 * handshakes / static_cast<double>(time.total);
}

void measure_memory(const Identity& gateway, const Identity& browser) {
  Meter heap{&heap_bytes};
  std::vector<std::unique_ptr<Pair>> pairs;
  const auto report = [&](const char* when) {
    std::printf("%-28s %6.1f kB\n", when,
                static_cast<double>(heap.total) / static_cast<double>(kHeldAtOnce) / 1'024);
  };
  for (std::size_t i = 0; i < kHeldAtOnce; ++i) {
    pairs.push_back(std::make_unique<Pair>(gateway, browser, heap));
  }
  report("waiting for a ClientHello");
  for (const auto& pair : pairs) pair->send_hello();
  report("half open");
  for (const auto& pair : pairs) pair->finish();
  report("connected");
  for (const auto& pair : pairs) pair->release();
  report("released");
}

int run(int handshakes) {
  const Identity gateway;
  const Identity browser;
  SSL_CTX_add_custom_ext(browser.context.get(), kUnknownExtension, SSL_EXT_CLIENT_HELLO,
                         &add_extension, nullptr, nullptr, nullptr, nullptr);
  measure_rate(gateway, browser, handshakes / 4 + 1);  // warms up
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    rates.push_back(measure_rate(gateway, browser, handshakes));
  }
  std::ranges::sort(rates);
  std::printf("%d rounds of %d handshakes, the server's side, a second of one core:\n", kRounds,
              handshakes);
  std::printf("minimum %.0f, median %.0f (%.0f us each), maximum %.0f\n\n", rates.front(),
              rates[kRounds / 2], 1e6 / rates[kRounds / 2], rates.back());
  std::printf("memory of one association, mean of %zu:\n", kHeldAtOnce);
  measure_memory(gateway, browser);
  if (rates[kRounds / 2] >= kGoal) return 0;
  std::fprintf(stderr, "error: fewer than %.0f handshakes a second\n", kGoal);
  return 1;
}

}  // namespace
}  // namespace offhook::bench

int main(int argc, char** argv) {
  const int handshakes = argc > 1 ? std::atoi(argv[1]) : 500;
  if (argc > 2 || handshakes <= 0) {
    std::fprintf(stderr, "usage: %s [HANDSHAKES]\n", argv[0]);
    return 2;
  }
  return offhook::bench::run(handshakes);
}
