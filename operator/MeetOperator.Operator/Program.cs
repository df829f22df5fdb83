using MeetOperator;
using MeetOperator.Kube.Client;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Uninstalling;

if (args is [LeftFinalizers.Verb])
{
    return await LeftFinalizers.RunAsync(Console.Out, Console.Error).ConfigureAwait(false);
}

if (args.Length > 0)
{
    Console.Error.WriteLine($"usage: MeetOperator.Operator [{LeftFinalizers.Verb}]");
    return 2;
}

var options = OperatorOptionsReader.Read(Environment.GetEnvironmentVariable, out var errors);
if (options is null)
{
    foreach (var error in errors)
    {
        Console.Error.WriteLine(error);
    }

    return 2;
}

if (RuntimeFloor.Finding(Environment.Version) is { } old)
{
    Console.Error.WriteLine(old);
}

try
{
    await OperatorHost.Build(KubeConfig.Load(), options).RunAsync().ConfigureAwait(false);
    return 0;
}
catch (KubeConfigException broken)
{
    Console.Error.WriteLine(broken.Message);
    return 2;
}
