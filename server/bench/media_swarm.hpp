#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/system_random.hpp"
#include "base/time.hpp"
#include "bench/media_call.hpp"
#include "bench/media_histogram.hpp"
#include "bench/media_stream.hpp"
#include "io/file_descriptor.hpp"

namespace offhook::bench {

// Many calls in one thread. Each side of each sends a packet each 20 ms, and each has a moment of
// its own in them, so that what arrives at the target is spread as evenly as it can be; that is
// harder for it than packets that come in bunches, for each may find it asleep.
class Swarm {
 public:
  // What the load does when nothing is due. Awake, it costs the target nothing to reach it, as no
  // network card has to be woken; a real-time process must rest now and then all the same.
  enum class Idle : std::uint8_t { StayAwake, Rest, Sleep };

  struct Figures {
    std::uint64_t packets = 0;  // sent
    StreamFigures streams;
    MediaHistogram lateness;    // of this generator: how long after its time a packet went out
    std::uint64_t refused = 0;  // packets that our own system did not take
  };

  struct Config {
    std::size_t slots = 0;
    // The one SRTP profile that browsers offer, in OpenSSL's words; empty: they speak plain RTP.
    std::string suite{};
    Idle idle = Idle::StayAwake;
    // Packets wait for the next multiple of it and leave together, as from a network that gathers
    // them; 0: each at its own moment.
    Duration tick{};
  };
  explicit Swarm(const Config& config);

  [[nodiscard]] std::size_t slots() const { return calls_.size(); }
  // A new call in the slot; the one that was there is gone, as by drop_call().
  MediaCall& make_call(std::size_t slot);
  // What it has lost counts, if anything is measured.
  void drop_call(std::size_t slot);
  // Null where there is none.
  [[nodiscard]] MediaCall* call(std::size_t slot) { return calls_[slot].get(); }
  // A socket that takes everybody's RTCP.
  [[nodiscard]] const Endpoint& rtcp_sink() const { return rtcp_sink_.local(); }

  void start_talking() { talking_ = true; }
  // Lives until then.
  void run_until(Time end);
  // A turn: what is due, and what has come. Waits no longer than until `end`.
  void step(Time end);

  void open_window();
  // From here on packets are sent, but no longer counted.
  void close_window();
  // When the last packets must have come.
  [[nodiscard]] Figures take_figures();
  // While the window is open: what has come since the last time. Of `streams.sent` only what ended
  // calls have sent.
  [[nodiscard]] Figures take_interval();
  // Packets of calls under way that have been overtaken, and are not there yet.
  [[nodiscard]] std::uint64_t missing() const;

 private:
  [[nodiscard]] Time due() const;  // of turn_
  void send_due(Time now);
  [[nodiscard]] Duration wait_before(Time until);
  void receive(Time until);
  void watch(int fd, std::uint64_t tag);

  Idle idle_;
  Duration tick_;
  Time next_rest_{};
  SystemRandom random_;
  std::optional<sim::WebRtcPeer::Identity> identity_;
  io::FileDescriptor epoll_;
  MediaSocket rtcp_sink_;
  std::vector<std::unique_ptr<MediaCall>> calls_;
  std::uint32_t next_number_ = 0;
  bool talking_ = false;
  bool measuring_ = false;
  Time started_{};
  std::uint64_t turn_ = 0;  // which moment is next: two a call in each 20 ms
  Figures figures_;
};

}  // namespace offhook::bench
