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

namespace offhook::media {

// The engine's shell: one thread, its sockets, its clock. Everything that waits is in one epoll.
class Worker {
 public:
  struct Config {
    std::string control_path;
    // The same port on each; candidates in this order. Port 0: any free one.
    std::vector<IpAddress> browser_addresses;
    std::uint16_t browser_port = 0;
    IpAddress trunk_address;
    std::optional<IpAddress> advertise_trunk_address;  // where a NAT stands in front
    std::uint16_t first_trunk_port = 0;
    std::uint16_t last_trunk_port = 0;
    std::optional<int> lifeline_fd;  // a byte or the end of it: end. Owned where open() succeeds.
    std::string software;
  };

  // Opens everything that must be there. Errors are for a person, with what to do about them. From
  // here on SIGTERM and SIGINT are blocked, and end step(). What `log` refers to must outlive
  // the worker.
  [[nodiscard]] static Result<std::unique_ptr<Worker>> open(const Config& config, LogSink log);
  ~Worker();

  // Waits for something to happen, at most for so long (negative: for ever), and deals with it.
  // False: told to end.
  [[nodiscard]] bool step(std::chrono::milliseconds longest);

  // What browsers are told, and how many calls fit.
  [[nodiscard]] const std::vector<Endpoint>& browser_candidates() const;
  [[nodiscard]] std::size_t trunk_port_pairs() const;
  // Datagrams that the kernel did not take.
  [[nodiscard]] std::uint64_t unsent_datagrams() const;
  // Why step() returned false.
  [[nodiscard]] const std::string& end_reason() const;

 private:
  class Impl;
  explicit Worker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::media
