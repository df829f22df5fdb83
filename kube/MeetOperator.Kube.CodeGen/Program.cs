return MeetOperator.Kube.CodeGen.CommandLine.Run(args, Console.Out, Console.Error);
