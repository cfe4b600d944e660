#include <array>
#include <chrono>
#include <optional>
#include <sstream>

#include <poll.h>
#include <sys/socket.h>

#include "bench/media_bencode.hpp"
#include "bench/media_sdp.hpp"
#include "bench/media_target.hpp"
#include "bench/process.hpp"
#include "io/event_loop.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

const Endpoint kControl{*IpAddress::parse("127.0.0.1"), 9'001};
constexpr Duration kPatience = 10s;
constexpr Duration kRepeat = 200ms;

// What costs it least on one core, found by trying.
std::vector<std::string> command_line(const TargetOptions& options) {
  std::vector<std::string> command{
      "/usr/bin/rtpengine",
      "--config-file=none",
      "--foreground",
      "--table=-1",  // user space, as we are
      "--interface=127.0.0.1",
      "--listen-ng=127.0.0.1:9001",
      "--port-min=10000",
      "--port-max=29999",
      "--log-level=1",
      "--num-threads=1",
      "--media-num-threads=0",
      "--endpoint-learning=off",
  };
  std::istringstream extra(options.rtpengine_extra);
  for (std::string word; extra >> word;) command.push_back(word);
  return command;
}

// Debian's rtpengine between the same two sides: WebRTC at the browser's, plain RTP at the far end.
class RtpengineTarget final : public Target {
 public:
  explicit RtpengineTarget(const TargetOptions& options) : process_(command_line(options)) {
    control_.connect(kControl);
    (void)ask(BencodeDictionary().add("command", "ping"));
  }

  void connect(MediaCall& call, const Swarm& swarm) override {
    const std::string id = std::to_string(call.number());
    const auto offered = ask(BencodeDictionary()
                                 .add("command", "offer")
                                 .add("call-id", id)
                                 .add("from-tag", "b")
                                 .add("sdp", browser_offer(call))
                                 .add("transport-protocol", "RTP/AVP")
                                 .add("ICE", "remove")
                                 .add("ICE-lite", "backward")
                                 .add("DTLS-reverse", "passive")
                                 .add_list("SDES", {"off"})
                                 .add_list("rtcp-mux", {"demux"})
                                 .add_list("replace", {"origin"}));
    const auto answered = ask(BencodeDictionary()
                                  .add("command", "answer")
                                  .add("call-id", id)
                                  .add("from-tag", "b")
                                  .add("to-tag", "t")
                                  .add("sdp", far_end_answer(call, swarm.rtcp_sink()))
                                  .add("transport-protocol", "UDP/TLS/RTP/SAVPF")
                                  .add("ICE", "force")
                                  .add("DTLS", "passive")
                                  .add_list("SDES", {"off"})
                                  .add_list("replace", {"origin"}));
    call.connect(gateway_side_of(answered), {kControl.address, rtp_port_of(offered)}, io::now());
  }

  void release(const MediaCall& call) override {
    (void)ask(BencodeDictionary()
                  .add("command", "delete")
                  .add("call-id", std::to_string(call.number()))
                  .add("from-tag", "b"));
  }

  void keep_alive(Time) override {}
  [[nodiscard]] const MeasuredProcess& process() const override { return process_; }

 private:
  // The SDP of the answer, if it has any. A question is repeated under the same cookie until then:
  // the socket may not be open yet.
  std::string ask(const BencodeDictionary& question) {
    const std::string cookie = std::to_string(++cookie_) + " ";
    const std::string message = cookie + question.text();
    const Time patience = io::now() + kPatience;
    Time repeat_at{};
    while (io::now() < patience && process_.is_alive()) {
      if (io::now() >= repeat_at) {
        (void)control_.send(as_bytes(message));
        repeat_at = io::now() + kRepeat;
      }
      pollfd ready{control_.fd(), POLLIN, 0};
      ::poll(&ready, 1, 1);
      std::array<char, 65'536> buffer;
      ssize_t size = 0;
      while ((size = ::recv(control_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
        const std::string_view answer(buffer.data(), static_cast<std::size_t>(size));
        if (!answer.starts_with(cookie)) continue;
        auto strings = bencode_strings(answer.substr(cookie.size()));
        if (strings["result"] == "ok" || strings["result"] == "pong") return strings["sdp"];
        give_up("rtpengine refuses: " + strings["error-reason"] + "\n" + message);
      }
    }
    give_up("rtpengine does not answer");
  }

  MeasuredProcess process_;
  MediaSocket control_;
  std::uint64_t cookie_ = 0;
};

}  // namespace

std::unique_ptr<Target> start_rtpengine(const TargetOptions& options) {
  return std::make_unique<RtpengineTarget>(options);
}

}  // namespace offhook::bench
