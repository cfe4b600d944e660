#include <array>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#endif

#include "base/assert.hpp"
#include "base/random.hpp"
#include "dtls/record.hpp"
#include "dtls/session.hpp"
#include "fuzz/pinned_randomness.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "fuzz/virtual_clock.hpp"

// A program of what a network and strangers do to the datagrams of two DTLS sessions. Whatever it
// is: nobody is connected to a certificate that is not the announced one, both have the same keys,
// nothing is said in the clear that could end the other's handshake, memory is bounded, and time
// alone brings the end of a handshake.

namespace offhook::fuzz {
namespace {

using dtls::PeerFingerprint;
using dtls::Role;

constexpr std::size_t kFlying = 64;
constexpr std::size_t kRemembered = 32;
constexpr std::size_t kInstructions = 200;
// Of two associations and what flies between them.
constexpr std::size_t kMaxGrowth = 1U << 20U;
// 9 retransmissions of two handshakes and their ends.
constexpr std::size_t kTimers = 40;
constexpr Duration kLongest = dtls::kHandshakeLimit + std::chrono::seconds(1);

std::size_t allocated_bytes() {
#if __has_feature(address_sanitizer)
  return __sanitizer_get_current_allocated_bytes();
#else
  return 0;
#endif
}

// Made once: they cost more than a run.
struct Certificates {
  dtls::Certificate client = *dtls::Certificate::make();
  dtls::Certificate server = *dtls::Certificate::make();
  dtls::Certificate stranger = *dtls::Certificate::make();
};

const Certificates& certificates() {
  static const Certificates made = [] {
    pin_randomness();
    return Certificates{};
  }();
  return made;
}

PeerFingerprint fingerprint_of(const dtls::Certificate& certificate) {
  return {.algorithm = "sha-256", .value = certificate.fingerprint()};
}

struct End {
  End(Role role, const dtls::Certificate& own, std::optional<PeerFingerprint> peer,
      bool peer_is_right, Time now)
      : context(*dtls::Context::make(own)),
        session(context, role, std::move(peer), now),
        is_right(peer_is_right) {}

  dtls::Context context;
  dtls::Session session;
  bool is_right;
  std::optional<dtls::Connected> connected;
  bool over = false;
  std::deque<Bytes> sent;      // and not yet arrived
  std::vector<Bytes> history;  // whatever was sent
};

class Run {
 public:
  explicit Run(Program& program)
      : program_(program),
        client_{Role::Client, certificates().client, right_or_wrong(certificates().server), !wrong_,
                clock_.now()},
        server_{Role::Server, certificates().server, known_or_not(certificates().client), !wrong_,
                clock_.now()},
        allocated_(allocated_bytes()) {
    drain();
  }

  void to_the_end() {
    for (std::size_t i = 0; i < kInstructions && !program_.done(); ++i) {
      act();
      drain();
    }
    clock_.run_out(kTimers, kLongest, *this, [this] { drain(); });
    OFFHOOK_ASSERT(client_.over || client_.connected);
    OFFHOOK_ASSERT(!server_.connected || !client_.connected || have_same_keys());
  }

  // As the clock's machine.
  void handle_timeout(Time now) {
    client_.session.handle_timeout(now);
    server_.session.handle_timeout(now);
  }
  [[nodiscard]] std::optional<Time> next_timeout() const {
    return earliest(client_.session.next_timeout(), server_.session.next_timeout());
  }

 private:
  std::optional<PeerFingerprint> right_or_wrong(const dtls::Certificate& right) {
    wrong_ = program_.below(4) == 3;
    return fingerprint_of(wrong_ ? certificates().stranger : right);
  }
  std::optional<PeerFingerprint> known_or_not(const dtls::Certificate& right) {
    auto peer = right_or_wrong(right);
    if (program_.flag()) return peer;
    late_ = std::move(peer);
    return std::nullopt;
  }
  End& one_end() { return program_.flag() ? client_ : server_; }
  End& other(const End& end) { return &end == &client_ ? server_ : client_; }

  void act() {
    End& from = one_end();
    switch (program_.below(12)) {
      case 0:  // arrive in order
      case 1:
        return arrive(from, 0);
      case 2:
        return arrive(from, program_.byte());
      case 3:
        if (!from.sent.empty()) from.sent.pop_front();
        return;
      case 4:
        return mutate(from);
      case 5:  // repeated, however late
        if (!from.history.empty()) give(other(from), Bytes(program_.one_of(from.history)));
        return;
      case 6:
        return give(from, to_datagram(program_.bytes()));
      case 7:
        return forge_record(from);
      case 8:
        return give(server_, strange_hello());
      case 9:
        return clock_.pass(program_, *this, [this] { drain(); });
      case 10:
        if (late_) server_.session.expect(*std::exchange(late_, std::nullopt));
        return;
      default:
        return disturb(from);
    }
  }

  void disturb(End& end) {
    switch (program_.below(4)) {
      case 0:
        return end.context.guard().alarm(clock_.now());
      case 1:
        return cut_hello();
      case 2:
        end.over = end.over || end.session.connected();
        return end.session.close();
      default:
        if (!end.session.connected()) return;
        return end.session.release();
    }
  }

  void give(End& to, const Bytes& bytes) {
    to.session.handle(bytes, clock_.now());
    drain();
  }
  void arrive(End& from, std::size_t index) {
    if (from.sent.empty()) return;
    const auto chosen = from.sent.begin() + static_cast<std::ptrdiff_t>(index % from.sent.size());
    const Bytes bytes = std::move(*chosen);
    from.sent.erase(chosen);
    give(other(from), bytes);
  }
  void mutate(End& from) {
    if (from.sent.empty()) return;
    Bytes& bytes = from.sent[program_.byte() % from.sent.size()];
    const std::size_t at = (program_.byte() * std::size_t{256} + program_.byte()) % bytes.size();
    if (program_.below(4) == 0) {
      bytes.resize(at + 1);
    } else {
      bytes[at] ^= program_.byte();
    }
  }
  void forge_record(End& to) {
    Bytes bytes(dtls::kRecordHeaderBytes);
    bytes[0] = static_cast<std::uint8_t>(20 + program_.below(5));
    store_u16(&bytes[1], 0xFEFD);
    bytes[4] = static_cast<std::uint8_t>(program_.below(3));
    bytes[10] = program_.byte();
    const ByteView body = program_.bytes();
    store_u16(&bytes[11], static_cast<std::uint16_t>(body.size()));
    bytes.insert(bytes.end(), body.begin(), body.end());
    give(to, bytes);
  }
  static Bytes to_datagram(ByteView bytes) { return {bytes.begin(), bytes.end()}; }
  Bytes strange_hello() {
    const auto context = *dtls::Context::make(certificates().stranger);
    dtls::Session session(context, Role::Client, std::nullopt, clock_.now());
    return to_datagram(std::get<dtls::Datagram>(*session.poll_output()).bytes);
  }
  // The client's ClientHello, where it stands first, in two datagrams.
  void cut_hello() {
    const std::size_t at = program_.byte();
    constexpr std::size_t kHeaders = dtls::kRecordHeaderBytes + dtls::kHandshakeHeaderBytes;
    if (client_.sent.empty() || client_.sent.front().size() <= kHeaders ||
        !dtls::find_client_hello(client_.sent.front())) {
      return;
    }
    const Bytes hello = std::move(client_.sent.front());
    client_.sent.pop_front();
    const std::size_t cut = kHeaders + at % (hello.size() - kHeaders);
    for (const auto& [from, end] : {std::pair(cut, hello.size()), {kHeaders, cut}}) {
      Bytes part(hello.begin(), hello.begin() + kHeaders);
      part[10] = static_cast<std::uint8_t>(from == kHeaders ? part[10] : part[10] + 40);
      store_u16(&part[11], static_cast<std::uint16_t>(end - from + dtls::kHandshakeHeaderBytes));
      store_u16(&part[20], static_cast<std::uint16_t>(from - kHeaders));
      store_u16(&part[23], static_cast<std::uint16_t>(end - from));
      part.insert(part.end(), hello.begin() + static_cast<std::ptrdiff_t>(from),
                  hello.begin() + static_cast<std::ptrdiff_t>(end));
      client_.sent.push_front(std::move(part));
    }
  }

  void drain() {
    for (End* end : {&client_, &server_}) {
      while (const auto output = end->session.poll_output()) take(*end, *output);
      OFFHOOK_ASSERT(end->context.guard().half_open() <= 1);
    }
    OFFHOOK_ASSERT(allocated_bytes() <= allocated_ + kMaxGrowth);
  }
  void take(End& end, const dtls::Output& output) {
    if (const auto* datagram = std::get_if<dtls::Datagram>(&output)) {
      OFFHOOK_ASSERT(!datagram->bytes.empty() && datagram->bytes.size() <= dtls::kMtu);
      ByteView rest = datagram->bytes;
      while (const auto record = dtls::take_record(rest)) {
        OFFHOOK_ASSERT(record->type != dtls::ContentType::Alert || record->epoch != 0);
      }
      OFFHOOK_ASSERT(rest.empty());
      if (end.sent.size() < kFlying) end.sent.push_back(to_datagram(datagram->bytes));
      if (end.history.size() < kRemembered) end.history.push_back(to_datagram(datagram->bytes));
      return;
    }
    OFFHOOK_ASSERT(!end.over);
    if (const auto* keys = std::get_if<dtls::Connected>(&output)) {
      OFFHOOK_ASSERT(!end.connected && end.is_right && end.session.connected());
      OFFHOOK_ASSERT(&end != &server_ || !late_);
      end.connected = *keys;
    } else {
      end.over = true;
      OFFHOOK_ASSERT(end.session.released() && !end.session.next_timeout());
    }
  }
  [[nodiscard]] bool have_same_keys() const {
    const auto equal = [](const dtls::KeyAndSalt& a, const dtls::KeyAndSalt& b) {
      return std::ranges::equal(a.bytes(), b.bytes());
    };
    return client_.connected->srtp_profile == server_.connected->srtp_profile &&
           equal(client_.connected->local, server_.connected->remote) &&
           equal(client_.connected->remote, server_.connected->local);
  }

  Program& program_;
  VirtualClock clock_;
  bool wrong_ = false;  // the fingerprint that was chosen last
  std::optional<PeerFingerprint> late_;
  End client_;
  End server_;
  std::size_t allocated_;
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  fuzz::certificates();
  fuzz::pinned_randomness.emplace(2);
  fuzz::Program program({data, size});
  fuzz::Run(program).to_the_end();
  return 0;
}
