#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "media/music.hpp"

namespace offhook::media {

// The media process: the control socket on the thread that calls step(), and a worker in a thread
// of its own for each core.
class Process {
 public:
  struct Config {
    std::string control_path;
    std::size_t workers = 1;
    // Worker i has port `browser_port` + i on each; candidates in this order. Port 0: any free
    // ones.
    std::vector<IpAddress> browser_addresses;
    std::uint16_t browser_port = 0;
    // What browsers are told instead, address for address, where a NAT stands in front; empty: the
    // addresses themselves.
    std::vector<IpAddress> advertised_browser_addresses;
    // Where worker 0 takes browsers' TCP connections, further ones at the next ports; 0: nowhere.
    // nullopt: the same numbers as UDP, or any where those are any.
    std::optional<std::uint16_t> browser_tcp_port;
    IpAddress trunk_address;
    std::optional<IpAddress> advertise_trunk_address;  // where a NAT stands in front
    std::uint16_t first_trunk_port = 0;                // the workers share the range
    std::uint16_t last_trunk_port = 0;
    std::shared_ptr<const Music> hold_music{};  // null: the built-in
    std::optional<int> lifeline_fd;  // a byte or the end of it: end. Owned where open() succeeds.
    std::string software;
  };

  // Opens everything that must be there and starts the workers. Errors are for a person, with what
  // to do about them. From here on SIGTERM and SIGINT are blocked, and end step(). What `log`
  // refers to must outlive the process.
  [[nodiscard]] static Result<std::unique_ptr<Process>> open(const Config& config, LogSink log);
  ~Process();

  // Waits for something to happen, at most for so long (negative: for ever), and deals with it.
  // False: told to end.
  [[nodiscard]] bool step(std::chrono::milliseconds longest);
  // Ends the workers, and returns how many datagrams the kernel did not take from them.
  std::uint64_t end();

  // What browsers are told, worker by worker, and how many calls fit.
  [[nodiscard]] const std::vector<Endpoint>& browser_candidates() const;
  [[nodiscard]] const std::vector<Endpoint>& browser_tcp_candidates() const;
  [[nodiscard]] std::size_t trunk_port_pairs() const;
  // Why step() returned false.
  [[nodiscard]] const std::string& end_reason() const;

 private:
  class Impl;
  explicit Process(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::media
