using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MeetOperator.Kube.Client.Config;

namespace MeetOperator.Bench.Operator;

/// <summary>An operator in a process of its own. <see cref="Dispose"/> kills it with SIGKILL.</summary>
internal sealed class OperatorProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly FileInfo _kubeconfig;
    private readonly HttpClient _http;

    private OperatorProcess(Process process, FileInfo kubeconfig, Uri address) =>
        (_process, _kubeconfig, _http) = (process, kubeconfig, new HttpClient { BaseAddress = address });

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static OperatorProcess Start(KubeConfig server, string name, string operatorNamespace)
    {
        var kubeconfig = new FileInfo(Path.GetTempFileName());
        var port = FreePort();
        var start = new ProcessStartInfo(Environment.ProcessPath ?? "dotnet", Path.Combine(AppContext.BaseDirectory, "MeetOperator.Operator.dll"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["MEET_OPERATOR_ADDRESS"] = $"127.0.0.1:{port}",
                ["POD_NAME"] = name,
                ["POD_NAMESPACE"] = operatorNamespace,
            },
        };
        if (server.Token is not null)
        {
            File.WriteAllText(kubeconfig.FullName, KubeconfigOf(server));
            start.Environment["KUBECONFIG"] = kubeconfig.FullName;
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += (_, line) => Report(name, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new OperatorProcess(process, kubeconfig, new Uri($"http://127.0.0.1:{port}/"));
    }

    /// <summary>Completes when the informers of the process have synced.</summary>
    public async Task ReadyAsync()
    {
        using var limit = new CancellationTokenSource(StartLimit);
        while (!await IsReadyAsync(limit.Token).ConfigureAwait(false))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"The operator ended with exit code {_process.ExitCode}.");
            }

            await Task.Delay(50, limit.Token).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
        _kubeconfig.Delete();
    }

    private async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        try
        {
            using var response = await _http.GetAsync("readyz", ct).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // The process does not listen yet.
        }
    }

    private static void Report(string name, string? line)
    {
        if (line is not null)
        {
            Console.Error.WriteLine($"{name}: {line}");
        }
    }

    /// <summary>JSON is valid in a kubeconfig file, because it is a subset of YAML.</summary>
    private static string KubeconfigOf(KubeConfig server) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Config",
        ["current-context"] = "bench",
        ["clusters"] = new[] { new { name = "bench", cluster = new { server = server.Server.ToString() } } },
        ["users"] = new[] { new { name = "bench", user = new { token = server.Token } } },
        ["contexts"] = new[] { new { name = "bench", context = new { cluster = "bench", user = "bench" } } },
    });

    private static string FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
    }
}
