#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "base/assert.hpp"
#include "base/prefetch.hpp"
#include "base/random.hpp"
#include "bench/benchmarks.hpp"
#include "bench/srtp_evp.hpp"
#include "srtp/context.hpp"

// A packet of G.711 through SRTP, beside the same through bare EVP. Sessions take turns in random
// order, as calls do. Our receivers are prefetched as the media worker has it done within a batch
// (Engine::prefetch); our senders are not, since there it happens while the packet is looked at,
// which is not measured here (bench_engine does), and bare EVP is not. Both sides do a batch in
// turn, and the median over all batches (of the ratio: over all pairs of them) counts: who else uses
// the machine disturbs both alike.
namespace offhook::bench {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kPacketBytes = kHeaderBytes + 160;
constexpr std::size_t kBatch = 32;      // what the worker takes from a browsers' socket
constexpr std::size_t kOrders = 1'024;  // batches until the same order comes again

using Packet = std::array<std::uint8_t, 256>;
using Batch = std::array<Packet, kBatch>;

// Both directions under one key, and the sequence number of its stream.
struct OurSession {
  OurSession(srtp::Profile profile, Random& random)
      : ssrc(random.next_u32()), sequence(static_cast<std::uint16_t>(random.next_u32())) {
    Bytes key(srtp::key_bytes(profile) + srtp::salt_bytes(profile));
    random.fill(key);
    sender.emplace(srtp::Sender::make(profile, key).value());
    receiver.emplace(srtp::Receiver::make(profile, key).value());
  }
  std::optional<srtp::Sender> sender;
  std::optional<srtp::Receiver> receiver;
  std::uint32_t ssrc;
  std::uint16_t sequence;
};

struct EvpSession {
  explicit EvpSession(srtp::Profile profile) : sender(profile, true), receiver(profile, false) {}
  BareEvp sender;
  BareEvp receiver;
};

// Of a packet, batch by batch.
class Times {
 public:
  using Elapsed = std::chrono::steady_clock::duration;

  void add(Elapsed ours, Elapsed evp) {
    ours_ns_.push_back(std::chrono::duration<double, std::nano>(ours).count() / kBatch);
    evp_ns_.push_back(std::chrono::duration<double, std::nano>(evp).count() / kBatch);
    ratios_.push_back(ours_ns_.back() / evp_ns_.back());
  }
  void report(benchmark::State& state) const {
    state.counters["ours_ns"] = median(ours_ns_);
    state.counters["evp_ns"] = median(evp_ns_);
    state.counters["ratio"] = median(ratios_);
  }

 private:
  static double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  }

  std::vector<double> ours_ns_;
  std::vector<double> evp_ns_;
  std::vector<double> ratios_;
};

class Course {
 public:
  Course(srtp::Profile profile, std::size_t sessions) : tag_bytes_(srtp::rtp_tag_bytes(profile)) {
    const std::size_t before = mallinfo2().uordblks;
    ours_.reserve(sessions);
    for (std::size_t i = 0; i < sessions; ++i) ours_.emplace_back(profile, random_);
    bytes_ = static_cast<double>(mallinfo2().uordblks - before) / static_cast<double>(sessions);
    evp_.reserve(sessions);
    for (std::size_t i = 0; i < sessions; ++i) evp_.emplace_back(profile);
    order_.resize(kOrders * kBatch);
    for (auto& at : order_) at = random_.below(sessions);
  }

  [[nodiscard]] double bytes_a_session() const { return bytes_; }

  // One batch each through `ours` and through `evp`; what is prepared before is not timed.
  void run(bool protect, Times& times) {
    const auto sessions = next_order();
    fill(sessions);
    if (!protect) protect_ours(sessions);
    const auto ours = time([&] { protect ? protect_ours(sessions) : unprotect_ours(sessions); });
    fill(sessions);
    if (!protect) protect_evp(sessions);
    const auto evp = time([&] { protect ? protect_evp(sessions) : unprotect_evp(sessions); });
    times.add(ours, evp);
  }

 private:
  using Order = std::span<const std::uint64_t>;

  Order next_order() {
    turn_ = (turn_ + 1) % kOrders;
    return Order(order_).subspan(turn_ * kBatch, kBatch);
  }

  void fill(Order sessions) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      OurSession& session = ours_[sessions[i]];
      batch_[i].fill(0x55);
      batch_[i][0] = 0x80;
      batch_[i][1] = 0;
      store_u16(batch_[i].data() + 2, ++session.sequence);
      store_u32(batch_[i].data() + 8, session.ssrc);
    }
  }

  static Times::Elapsed time(auto step) {
    const auto start = std::chrono::steady_clock::now();
    step();
    return std::chrono::steady_clock::now() - start;
  }

  void protect_ours(Order sessions) {
    bool done = true;
    for (std::size_t i = 0; i < kBatch; ++i) {
      done &= ours_[sessions[i]].sender->protect_rtp(batch_[i], kPacketBytes).has_value();
    }
    OFFHOOK_ASSERT(done);
  }
  void unprotect_ours(Order sessions) {
    bool done = true;
    for (std::size_t i = 0; i < kBatch; ++i) {
      const auto packet = MutableByteView(batch_[i]).first(kPacketBytes + tag_bytes_);
      if (i + 2 < kBatch) {
        prefetch_memory(&ours_[sessions[i + 2]].receiver, srtp::kPrefetchedBytes);
      }
      if (i + 1 < kBatch) ours_[sessions[i + 1]].receiver->prefetch_cipher();
      done &= ours_[sessions[i]].receiver->unprotect_rtp(packet).has_value();
    }
    OFFHOOK_ASSERT(done);
  }
  void protect_evp(Order sessions) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      evp_[sessions[i]].sender.protect(batch_[i], kPacketBytes);
    }
  }
  void unprotect_evp(Order sessions) {
    bool done = true;
    for (std::size_t i = 0; i < kBatch; ++i) {
      done &= evp_[sessions[i]].receiver.unprotect(batch_[i], kPacketBytes);
    }
    OFFHOOK_ASSERT(done);
  }

  SeededRandom random_{1};
  std::size_t tag_bytes_;
  double bytes_ = 0;
  std::vector<OurSession> ours_;
  std::vector<EvpSession> evp_;
  std::vector<std::uint64_t> order_;
  std::size_t turn_ = 0;
  Batch batch_{};
};

void measure(benchmark::State& state, srtp::Profile profile, bool protect) {
  Course course(profile, static_cast<std::size_t>(state.range(0)));
  Times times;
  for (auto _ : state) course.run(protect, times);
  times.report(state);
  state.counters["bytes_a_session"] = course.bytes_a_session();
}

void register_all() {
  const std::pair<const char*, srtp::Profile> profiles[] = {
      {"AEAD_AES_128_GCM", srtp::Profile::AeadAes128Gcm},
      {"AEAD_AES_256_GCM", srtp::Profile::AeadAes256Gcm},
      {"AES_CM_128_HMAC_SHA1_80", srtp::Profile::AesCm128HmacSha1_80}};
  for (const auto& [name, profile] : profiles) {
    for (const bool protect : {true, false}) {
      benchmark::RegisterBenchmark(
          ((protect ? "protect/" : "unprotect/") + std::string(name)).c_str(),
          [suite = profile, protect](benchmark::State& state) { measure(state, suite, protect); })
          ->ArgName("sessions")
          ->Arg(1)
          ->Arg(100)
          ->Arg(2'000)
          ->Iterations(8'000);
    }
  }
}

}  // namespace
}  // namespace offhook::bench

int main(int argc, char** argv) {
  offhook::bench::register_all();
  return offhook::bench::run_benchmarks(argc, argv) ? 0 : 1;
}
