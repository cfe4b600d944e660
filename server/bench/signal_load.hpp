#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/system_random.hpp"
#include "base/time.hpp"
#include "bench/media_call.hpp"
#include "bench/media_histogram.hpp"
#include "bench/phones.hpp"
#include "bench/signal_gateway.hpp"
#include "bench/signal_schedule.hpp"
#include "bench/signal_trunk.hpp"
#include "io/file_descriptor.hpp"

namespace offhook::bench {

// How long the far end rings.
inline constexpr Duration kAnswerAfter = std::chrono::milliseconds(50);

struct SignalRound {
  double rate = 0;  // calls a second
  std::chrono::seconds length{};
  Duration hold{};         // from the answer to the BYE
  bool with_dtls = false;  // else browsers do ICE and no DTLS
};

struct SignalFigures {
  SignalRound round;
  std::size_t started = 0;
  std::size_t completed = 0;  // answered, and hung up by the caller
  std::size_t encrypted = 0;  // of them: DTLS was done
  // By status; 0: ended by the gateway. Those that nobody ended in time are `unfinished`.
  std::map<std::uint16_t, std::size_t> failed{};
  std::string reason{};  // of the last that failed
  std::size_t unfinished = 0;
  MediaHistogram setup{};     // from INVITE to 200, kAnswerAfter among it
  MediaHistogram lateness{};  // of this generator: how long after its time a call began
  // From the first INVITE until the last transaction is gone, less what an idle gateway takes.
  SignalCpu cpu{};
  double others_share = 0;  // of the gateway's processor, by other programs, while calls began
  SignalMemory before{};
  SignalMemory peak{};
  SignalMemory after{};
  // What the gateway says of itself.
  double records = 0;  // of completed calls: CDRs
  double transactions_left = 0;
  double retransmissions = 0;
  double sound_packets = 0;  // that it sent to the trunk
  std::size_t overruns = 0;  // of its SIP socket

  // Nothing failed, nothing stayed behind, and 99 % of the calls were set up within 500 ms.
  [[nodiscard]] bool is_clean() const;
  // Within 5 % of what both processes had before.
  [[nodiscard]] bool is_memory_back() const;
  [[nodiscard]] double signal_us_a_call() const;
  [[nodiscard]] double media_us_a_call() const;
};

// Both ends of many calls through a gateway, in one thread: pages that call, and the provider that
// answers.
class SignalLoad {
 public:
  // Starts the gateway, and returns when it is ready and idle. `offhook` is the program.
  explicit SignalLoad(const std::string& offhook);
  // The same with DTLS, not as long, and not measured: what the gateway keeps of its last calls (traces) lies
  // as scattered in its memory as the calls came together.
  void warm_up(SignalRound round);
  [[nodiscard]] SignalFigures run(const SignalRound& round);
  [[nodiscard]] SignalMemory at_start() const { return at_start_; }
  [[nodiscard]] const SignalGateway& gateway() const { return gateway_; }

 private:
  struct Call {
    Time invited;
    std::unique_ptr<MediaCall> media;
  };
  // What the gateway had when a round began.
  struct Beginning {
    SignalMetrics metrics;
    std::size_t overruns;
    SignalCpu cpu;
    Time at;
  };
  struct HangUp {
    sip::SessionId call;
    Time at;
  };

  void begin_calls(Time start);
  void end_calls();
  void conclude(const Beginning& beginning);
  void begin_due(SignalSchedule& schedule, Time end);
  void begin_call(Time now);
  void hang_up_due(Time now);
  void take_event(const Phones::Event& event, Time now);
  // One turn: what is due, and what has come. Waits until `until` at the latest.
  void turn(Time until);
  void wait(Time until);
  void run_until(Time end);
  void sample_memory(Time now);
  // Until no transaction is left and the gateway has given its memory back.
  void settle();
  void watch(int fd, std::uint64_t tag);

  SystemRandom random_;
  sim::WebRtcPeer::Identity identity_;
  io::FileDescriptor epoll_;
  SignalTrunk trunk_;
  SignalGateway gateway_;
  std::unique_ptr<Phones> phones_;
  SignalMemory at_start_;
  SignalCpu idle_a_second_;
  std::unordered_map<sip::SessionId, Call> calls_;
  std::deque<HangUp> hang_ups_;  // in the order of their times
  std::uint32_t next_number_ = 0;
  std::uint64_t rounds_ = 0;
  Time next_media_turn_{};
  Time next_sample_{};
  StreamFigures streams_;  // of no interest here
  SignalFigures figures_;
};

}  // namespace offhook::bench
