<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="zh_CN">
<context>
    <name>AdapterView</name>
    <message>
        <source>使用中</source>
        <translation>In use</translation>
    </message>
    <message>
        <source>不能使用</source>
        <translation>Unusable</translation>
    </message>
    <message>
        <source>启用</source>
        <translation>Activate</translation>
    </message>
    <message>
        <source>启用 {name}</source>
        <translation>Activate {name}</translation>
    </message>
    <message>
        <source>没有评测结果，好坏未知。</source>
        <translation>Not evaluated: nobody knows how good it is.</translation>
    </message>
    <message>
        <source>随程序附带</source>
        <translation>Comes with the program</translation>
    </message>
    <message>
        <source>签名可信 {signer}</source>
        <translation>Signed by {signer}, trusted</translation>
    </message>
    <message>
        <source>签名人 {signer} 不在信任名单中</source>
        <translation>Signed by {signer}, not on the list of trust</translation>
    </message>
    <message>
        <source>没有签名</source>
        <translation>Not signed</translation>
    </message>
    <message>
        <source>模型 {name}（{sum}…）</source>
        <translation>Model {name} ({sum}…)</translation>
    </message>
    <message>
        <source>制作于 {time}</source>
        <translation>Made {time}</translation>
    </message>
    <message>
        <source>评测</source>
        <translation>Evaluation</translation>
    </message>
    <message>
        <source>本适配器</source>
        <translation>This adapter</translation>
    </message>
    <message>
        <source>95% 区间</source>
        <translation>95% interval</translation>
    </message>
    <message>
        <source>使用中的</source>
        <translation>In use now</translation>
    </message>
</context>
<context>
    <name>AdapterWindow</name>
    <message>
        <source>语言模型的适配器</source>
        <translation>Adapters of the language model</translation>
    </message>
    <message>
        <source>适配器决定语言模型怎样理解指令。请先看评测再启用；启用后从下一条指令起生效，随时可以回退。</source>
        <translation>An adapter decides how the language model understands commands. Look at its evaluation before you activate it; it takes effect with the next command and can be rolled back at any time.</translation>
    </message>
    <message>
        <source>回退</source>
        <translation>Roll back</translation>
    </message>
    <message>
        <source>改回上一个启用的适配器</source>
        <translation>Go back to the adapter used before</translation>
    </message>
    <message>
        <source>关闭</source>
        <translation>Close</translation>
    </message>
    <message>
        <source>正在核对文件…</source>
        <translation>Verifying files…</translation>
    </message>
    <message>
        <source>已启用「{name}」，从下一条指令起生效。</source>
        <translation>“{name}” is active from the next command on.</translation>
    </message>
    <message>
        <source>已启用「{name}」。</source>
        <translation>“{name}” is active.</translation>
    </message>
    <message>
        <source>没有适配器：本机没有可用的语言模型。</source>
        <translation>No adapters: this machine has no usable language model.</translation>
    </message>
    <message>
        <source>设置 agent.adapter 指定了「{name}」，它优先于这里启用的适配器。</source>
        <translation> The setting agent.adapter names “{name}”, which goes before what is activated here.</translation>
    </message>
</context>
<context>
    <name>AlarmBar</name>
    <message>
        <source>确认 {key}</source>
        <translation>Acknowledge {key}</translation>
    </message>
    <message>
        <source>签名确认最新的这一条告警</source>
        <translation>Sign for this alarm, the newest</translation>
    </message>
    <message>
        <source>未确认的告警读不出来，可能有告警没有列出</source>
        <translation>Open alarms cannot be read; some may not be listed</translation>
    </message>
    <message>
        <source>未确认 {n} 条</source>
        <translation>Open: {n}</translation>
    </message>
    <message>
        <source>未确认 {n} 条以上</source>
        <translation>Open: {n} or more</translation>
    </message>
    <message>
        <source>全部 {n} 条</source>
        <translation>All {n}</translation>
    </message>
    <message>
        <source>列出全部 {n} 条未确认的告警</source>
        <translation>List all open alarms ({n})</translation>
    </message>
    <message>
        <source>{word}：{site}，{sentence}，{number}</source>
        <translation>{word}: {site}, {sentence}, {number}</translation>
    </message>
</context>
<context>
    <name>AlarmList</name>
    <message>
        <source>未确认的告警</source>
        <translation>Open alarms</translation>
    </message>
    <message>
        <source>查看记录和证据图</source>
        <translation>View record and evidence</translation>
    </message>
    <message>
        <source>关闭</source>
        <translation>Close</translation>
    </message>
    <message>
        <source>未确认的告警：{n} 条</source>
        <translation>Open alarms: {n}</translation>
    </message>
    <message>
        <source>没有未确认的告警。</source>
        <translation>No open alarms.</translation>
    </message>
    <message>
        <source>，列出最新的 {n} 条</source>
        <translation>, the newest {n} listed</translation>
    </message>
    <message>
        <source>确认所选 {n} 条</source>
        <translation>Acknowledge {n} selected</translation>
    </message>
    <message>
        <source>签名确认：{name}</source>
        <translation>Sign for: {name}</translation>
    </message>
    <message>
        <source>签名确认 {n} 条：{name} 等</source>
        <translation>Sign for {n}: {name} and others</translation>
    </message>
</context>
<context>
    <name>AlarmModel</name>
    <message>
        <source>级别</source>
        <translation>Level</translation>
    </message>
    <message>
        <source>时间</source>
        <translation>Time</translation>
    </message>
    <message>
        <source>工地</source>
        <translation>Work site</translation>
    </message>
    <message>
        <source>结论</source>
        <translation>Verdict</translation>
    </message>
    <message>
        <source>值班员</source>
        <translation>By</translation>
    </message>
    <message>
        <source>确认</source>
        <translation>Ack</translation>
    </message>
</context>
<context>
    <name>Alarms</name>
    <message>
        <source>程序内部故障（{name}）</source>
        <translation>Internal fault ({name})</translation>
    </message>
    <message>
        <source>请重试；若再次出现，请把日志文件交给维护人员。</source>
        <translation>Try again; if it comes back, give the log files to maintenance.</translation>
    </message>
    <message>
        <source>确认没有写入日志，告警仍未确认：{cause}。{remedy}</source>
        <translation>The acknowledgement is not in the log; the alarm is still open: {cause}. {remedy}</translation>
    </message>
</context>
<context>
    <name>AskingBar</name>
    <message>
        <source>不查 Esc</source>
        <translation>No  Esc</translation>
    </message>
    <message>
        <source>查询「{label}」，共 {n} 项？</source>
        <translation>Check “{label}”, {n} in all?</translation>
    </message>
    <message>
        <source>其中 {n} 个工地被筛选隐藏，也会查询。</source>
        <translation>Sites hidden by the filter, checked too: {n}. </translation>
    </message>
    <message>
        <source>{n} 个工地今天不在工期内，不查。</source>
        <translation>Sites without work today, left out: {n}. </translation>
    </message>
    <message>
        <source>{n} 项正在查，不重复。</source>
        <translation>Already under way, not repeated: {n}. </translation>
    </message>
    <message>
        <source>查询 {n} 项</source>
        <translation>Check {n}</translation>
    </message>
</context>
<context>
    <name>BoardDelegate</name>
    <message>
        <source>{n} 个</source>
        <translation>{n}</translation>
    </message>
    <message>
        <source>不在工期</source>
        <translation>No work planned</translation>
    </message>
    <message>
        <source>上次 {answer}</source>
        <translation>({answer})</translation>
    </message>
    <message>
        <source>前</source>
        <translation> ago</translation>
    </message>
</context>
<context>
    <name>BoardModel</name>
    <message>
        <source>工地</source>
        <translation>Work site</translation>
    </message>
</context>
<context>
    <name>BoardPanel</name>
    <message>
        <source>站点看板</source>
        <translation>Site board</translation>
    </message>
    <message>
        <source>筛选：名称、片区或拼音 Ctrl+F</source>
        <translation>Filter: name, region or pinyin Ctrl+F</translation>
    </message>
    <message>
        <source>筛选工地</source>
        <translation>Filter sites</translation>
    </message>
    <message>
        <source>清除筛选</source>
        <translation>Clear filter</translation>
    </message>
    <message>
        <source>日志读不出来（{name}）。请把日志文件交给维护人员。</source>
        <translation>The log cannot be read ({name}). Give the log file to maintenance.</translation>
    </message>
    <message>
        <source>看板上可能缺少较早的结果。</source>
        <translation> Earlier results may be missing on the board.</translation>
    </message>
    <message>
        <source>这个片区的工地今天都不在工期内，没有可查的。</source>
        <translation>No site of this region has work today; there is nothing to check.</translation>
    </message>
    <message>
        <source>还没有工地目录，看板是空的。请运行 griddesk sites import 文件.csv 导入，再重新打开窗口。</source>
        <translation>No site directory yet, so the board is empty. Run griddesk sites import sites.csv and open the window again.</translation>
    </message>
    <message>
        <source>没有符合「{typed}」的工地。</source>
        <translation>No site matches “{typed}”.</translation>
    </message>
    <message>
        <source>没有这样的结果。</source>
        <translation>No such results.</translation>
    </message>
</context>
<context>
    <name>BoardTable</name>
    <message>
        <source>站点看板</source>
        <translation>Site board</translation>
    </message>
</context>
<context>
    <name>CallsView</name>
    <message>
        <source>{call}&#x3000;查询中…</source>
        <translation>{call}  asking…</translation>
    </message>
    <message>
        <source>已答复 {took}</source>
        <translation>answered, {took}</translation>
    </message>
    <message>
        <source>地点？</source>
        <translation>Site?</translation>
    </message>
    <message>
        <source>检查项目？</source>
        <translation>Check?</translation>
    </message>
    <message>
        <source>已答复 {n} / {total}</source>
        <translation>Answered {n} / {total}</translation>
    </message>
    <message>
        <source>，数据缺失 {n}</source>
        <translation>, no data {n}</translation>
    </message>
</context>
<context>
    <name>CommandBar</name>
    <message>
        <source>指令</source>
        <translation>Command</translation>
    </message>
    <message>
        <source>也可以在这里输入，按回车发送</source>
        <translation>Or type here and press Enter</translation>
    </message>
    <message>
        <source>发送</source>
        <translation>Send</translation>
    </message>
    <message>
        <source>按一下说话
{key}</source>
        <translation>Press to talk
{key}</translation>
    </message>
    <message>
        <source>按住说话
{key}</source>
        <translation>Hold to talk
{key}</translation>
    </message>
    <message>
        <source>正在打开
麦克风…</source>
        <translation>Opening
microphone…</translation>
    </message>
    <message>
        <source>还剩 {seconds} 秒</source>
        <translation>{seconds} s left</translation>
    </message>
    <message>
        <source>正在听
说完自动结束</source>
        <translation>Listening
ends by itself</translation>
    </message>
    <message>
        <source>正在听
松开结束</source>
        <translation>Listening
release to end</translation>
    </message>
    <message>
        <source>未确认：{text}</source>
        <translation>Not confirmed: {text}</translation>
    </message>
</context>
<context>
    <name>Conversation</name>
    <message>
        <source>对话</source>
        <translation>Conversation</translation>
    </message>
    <message>
        <source>按一下 {key} 说话</source>
        <translation>Press {key} to talk</translation>
    </message>
    <message>
        <source>按住 {key} 说话</source>
        <translation>Hold {key} to talk</translation>
    </message>
    <message>
        <source>还没有工地目录，说出的地点会先请您确认。</source>
        <translation>No site directory yet: you will be asked to confirm each place you name.</translation>
    </message>
    <message>
        <source>导入目录：griddesk sites import 文件.csv</source>
        <translation>Import one: griddesk sites import sites.csv</translation>
    </message>
    <message>
        <source>说完松开，或在下方输入后按回车。例如：</source>
        <translation>Release when done, or type below and press Enter. Commands are in Chinese, for example:</translation>
    </message>
    <message>
        <source>说完自动结束，也可在下方输入后按回车。例如：</source>
        <translation>It ends when you stop; or type below and press Enter. Commands are in Chinese, for example:</translation>
    </message>
    <message>
        <source>查一下{site}的人数</source>
        <translation>查一下{site}的人数</translation>
    </message>
    <message>
        <source>{site}有没有人没戴安全帽</source>
        <translation>{site}有没有人没戴安全帽</translation>
    </message>
    <message>
        <source>检查{site}的电笔携带情况</source>
        <translation>检查{site}的电笔携带情况</translation>
    </message>
    <message>
        <source>正在启动…</source>
        <translation>Starting…</translation>
    </message>
    <message>
        <source>已用「{words}」回答</source>
        <translation>Answered with “{words}”</translation>
    </message>
    <message>
        <source>已取消</source>
        <translation>Cancelled</translation>
    </message>
    <message>
        <source>后来有了新的指令，不再等待回答。</source>
        <translation>A newer command came; no answer is awaited any more.</translation>
    </message>
</context>
<context>
    <name>Counts</name>
    <message>
        <source>只显示有「{word}」的工地；再点一次恢复</source>
        <translation>Show only sites with “{word}”; click again for all</translation>
    </message>
</context>
<context>
    <name>DeskSession</name>
    <message>
        <source>正在取消查询…</source>
        <translation>Cancelling queries…</translation>
    </message>
    <message>
        <source>正在关闭日志…</source>
        <translation>Closing the log…</translation>
    </message>
    <message>
        <source>正在等待模型和识别器停下…</source>
        <translation>Waiting for the model and the recogniser to stop…</translation>
    </message>
    <message>
        <source>上一条指令还在识别或理解，请稍候，或按 Esc 取消后再发。</source>
        <translation>The last command is still being recognised or understood. Wait a moment, or press Esc to cancel it first.</translation>
    </message>
    <message>
        <source>上一条指令正在出结果，这一句没有录到。请再按住说一遍。</source>
        <translation>The last command was just being answered, so this one was not recorded. Hold the key and say it again.</translation>
    </message>
    <message>
        <source>已换用麦克风：{name}</source>
        <translation>Microphone in use: {name}</translation>
    </message>
    <message>
        <source>模型没有载入。请点击状态栏查看原因，其余功能照常可用。</source>
        <translation>The model is not loaded. Click the status bar for the reason; everything else works.</translation>
    </message>
</context>
<context>
    <name>DeskWindow</name>
    <message>
        <source>GridDesk 巡检值班台</source>
        <translation>GridDesk inspection desk</translation>
    </message>
    <message>
        <source>正在结束…</source>
        <translation>Closing…</translation>
    </message>
    <message>
        <source>无法启动（{name}）</source>
        <translation>Cannot start ({name})</translation>
    </message>
    <message>
        <source>请重新启动；若再次出现，请把日志文件交给维护人员。</source>
        <translation>Start again; if it comes back, give the log files to maintenance.</translation>
    </message>
</context>
<context>
    <name>EvidenceWindow</name>
    <message>
        <source>证据图 · {site} · {check}</source>
        <translation>Evidence · {site} · {check}</translation>
    </message>
    <message>
        <source>← 上一张</source>
        <translation>← Previous</translation>
    </message>
    <message>
        <source>上一张证据图</source>
        <translation>Previous picture</translation>
    </message>
    <message>
        <source>下一张 →</source>
        <translation>Next →</translation>
    </message>
    <message>
        <source>下一张证据图</source>
        <translation>Next picture</translation>
    </message>
    <message>
        <source>第 {i} 张，共 {n} 张</source>
        <translation>{i} of {n}</translation>
    </message>
    <message>
        <source>检测 {name}</source>
        <translation>Detector {name}</translation>
    </message>
    <message>
        <source>正在读取证据图…</source>
        <translation>Reading the picture…</translation>
    </message>
</context>
<context>
    <name>FindingList</name>
    <message>
        <source>展开全部（另有 {n} 项）</source>
        <translation>Show all ({n} more)</translation>
    </message>
    <message>
        <source>其余结果</source>
        <translation>Other results</translation>
    </message>
    <message>
        <source>共 {n} 项</source>
        <translation>Total {n}</translation>
    </message>
</context>
<context>
    <name>FindingView</name>
    <message>
        <source>正在读取
证据图…</source>
        <translation>Reading
picture…</translation>
    </message>
    <message>
        <source>查看证据图</source>
        <translation>View evidence</translation>
    </message>
    <message>
        <source>查看证据图（共 {n} 张）</source>
        <translation>View evidence (pictures: {n})</translation>
    </message>
    <message>
        <source>证据图
不可用</source>
        <translation>Evidence
not usable</translation>
    </message>
    <message>
        <source>没有可用的数字，不代表现场无人。请稍后重试或人工核实。</source>
        <translation>No usable number: it does not mean that nobody is there. Try again later or check by hand.</translation>
    </message>
    <message>
        <source>模型的措辞与规则不一致，已采用规则结论。</source>
        <translation>The model&apos;s words differed from the rules; the rules&apos; verdict is shown.</translation>
    </message>
    <message>
        <source>工单 {ticket}</source>
        <translation>Work order {ticket}</translation>
    </message>
    <message>
        <source>负责人 {leader}</source>
        <translation>In charge: {leader}</translation>
    </message>
    <message>
        <source>来源 {names}</source>
        <translation>Source: {names}</translation>
    </message>
    <message>
        <source>拍摄 {time}</source>
        <translation>Taken {time}</translation>
    </message>
    <message>
        <source>{n} 帧</source>
        <translation>Frames: {n}</translation>
    </message>
    <message>
        <source>证据图 {n} 张</source>
        <translation>Pictures: {n}</translation>
    </message>
    <message>
        <source>检测 {name}</source>
        <translation>Detector {name}</translation>
    </message>
    <message>
        <source>置信度 {share}</source>
        <translation>Confidence {share}</translation>
    </message>
    <message>
        <source>答复用时 {took}</source>
        <translation>Answered in {took}</translation>
    </message>
    <message>
        <source>第 {n} 次才答复</source>
        <translation>Attempts: {n}</translation>
    </message>
</context>
<context>
    <name>FollowUp</name>
    <message>
        <source>{hint}（还有 {time}）</source>
        <translation>{hint} ({time} left)</translation>
    </message>
    <message>
        <source>可直接回答：第一个、第二个…</source>
        <translation>Just answer “第一个”, “第二个”…</translation>
    </message>
    <message>
        <source>可直接回答：是、不是</source>
        <translation>Just answer “是” or “不是”</translation>
    </message>
    <message>
        <source>可直接回答：第一个</source>
        <translation>Just answer “第一个”</translation>
    </message>
    <message>
        <source>可接着说：那…呢</source>
        <translation>Go on with “那…呢”</translation>
    </message>
    <message>
        <source>{n} 秒</source>
        <translation>{n} s</translation>
    </message>
    <message>
        <source>{m} 分 {n} 秒</source>
        <translation>{m} min {n} s</translation>
    </message>
</context>
<context>
    <name>Guide</name>
    <message>
        <source>入门引导</source>
        <translation>First steps</translation>
    </message>
    <message>
        <source>跳过</source>
        <translation>Skip</translation>
    </message>
    <message>
        <source>不再显示；在「能说什么」里可以重新打开</source>
        <translation>Show no more; “What to say” opens it again</translation>
    </message>
    <message>
        <source>换一个麦克风…</source>
        <translation>Other microphone…</translation>
    </message>
    <message>
        <source>把例句放进输入框</source>
        <translation>Put it in the text box</translation>
    </message>
    <message>
        <source>下一步</source>
        <translation>Next</translation>
    </message>
    <message>
        <source>按一下</source>
        <translation>Press</translation>
    </message>
    <message>
        <source>按住</source>
        <translation>Hold</translation>
    </message>
    <message>
        <source>试一试麦克风</source>
        <translation>Try the microphone</translation>
    </message>
    <message>
        <source>{hold} {key} 说句话，下面的音量条会动。不动就换一个麦克风。</source>
        <translation>{hold} {key} and speak: the level below moves. If it does not, choose another microphone.</translation>
    </message>
    <message>
        <source>说或输入一条指令</source>
        <translation>Say or type a command</translation>
    </message>
    <message>
        <source>{hold} {key} 说「{example}」，或在下方输入后按回车。没有接入本单位系统之前，答复来自演示数据。</source>
        <translation>{hold} {key} and say “{example}”, or type it below and press Enter. Until your own systems are connected, answers are demonstration data.</translation>
    </message>
    <message>
        <source>连接本单位系统</source>
        <translation>Connect your own systems</translation>
    </message>
    <message>
        <source>由安装人员在命令行里做：导入工地目录，接入系统，然后检查。</source>
        <translation>Done by the installer on the command line: import the sites, connect the systems, then check.</translation>
    </message>
    <message>
        <source>第 {n} 步，共 {all} 步：{title}</source>
        <translation>Step {n} of {all}: {title}</translation>
    </message>
    <message>
        <source>完成</source>
        <translation>Done</translation>
    </message>
    <message>
        <source>✓ 听到声音了</source>
        <translation>✓ Sound is heard</translation>
    </message>
    <message>
        <source>✓ 第一条指令已经答复</source>
        <translation>✓ The first command was answered</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>GridDesk 巡检值班台</source>
        <translation>GridDesk inspection desk</translation>
    </message>
    <message>
        <source>站点 F7</source>
        <translation>Sites F7</translation>
    </message>
    <message>
        <source>每个工地最近一次的检查结果</source>
        <translation>The last check of each work site</translation>
    </message>
    <message>
        <source>日志 F9</source>
        <translation>Log F9</translation>
    </message>
    <message>
        <source>巡检日志，最新的在上面</source>
        <translation>Inspection log, newest on top</translation>
    </message>
    <message>
        <source>适配器</source>
        <translation>Adapters</translation>
    </message>
    <message>
        <source>语言模型的适配器和它们的评测</source>
        <translation>Adapters of the language model and their evaluation</translation>
    </message>
    <message>
        <source>浅色</source>
        <translation>Light</translation>
    </message>
    <message>
        <source>深色</source>
        <translation>Dark</translation>
    </message>
</context>
<context>
    <name>HelpPage</name>
    <message>
        <source>能说什么</source>
        <translation>What to say</translation>
    </message>
    <message>
        <source>重新看入门引导</source>
        <translation>First steps again</translation>
    </message>
    <message>
        <source>关闭  Esc</source>
        <translation>Close  Esc</translation>
    </message>
    <message>
        <source>可以这样说（点一下放进输入框）</source>
        <translation>You can say this, in Chinese (click to put it in the text box)</translation>
    </message>
    <message>
        <source>还没有工地目录。导入之后这里有例句：griddesk sites import 文件.csv</source>
        <translation>No site directory yet. Once imported, examples stand here: griddesk sites import sites.csv</translation>
    </message>
    <message>
        <source>三项检查：人数、安全帽、电笔。查过之后两分钟内，可以只说变了的部分；拿不准时会先问，回答「第一个」「是」「不是」，或按数字键。</source>
        <translation>Three checks: headcount, hard hats, voltage testers. For two minutes after a check, say only what is different. When not sure, the desk asks: answer “第一个” (the first), “是” (yes) or “不是” (no), or press a number.</translation>
    </message>
    <message>
        <source>不能做的</source>
        <translation>What it does not do</translation>
    </message>
    <message>
        <source>操作设备：拉闸、合闸、停电、送电、开关摄像头，一律不做。</source>
        <translation>Operate equipment: no opening or closing of breakers, no switching off or on, no cameras.</translation>
    </message>
    <message>
        <source>查昨天、上周：只查现在的情况，过去的结果在日志里（F9）。</source>
        <translation>Check yesterday or last week: it looks at now alone; past results are in the log (F9).</translation>
    </message>
    <message>
        <source>通知、派人、改数据：只查询，不替人做决定。</source>
        <translation>Notify, send people, change data: it asks, and decides nothing for you.</translation>
    </message>
    <message>
        <source>颜色和形状的意思</source>
        <translation>Colours and shapes</translation>
    </message>
    <message>
        <source>按键</source>
        <translation>Keys</translation>
    </message>
</context>
<context>
    <name>HoldToTalk</name>
    <message>
        <source>麦克风打不开（{name}）。请检查连接后重试，期间可以直接输入文字。</source>
        <translation>The microphone does not open ({name}). Check the connection and try again; meanwhile you can type.</translation>
    </message>
    <message>
        <source>麦克风刚刚才打开，这一句没有录到。请再按住说一遍。</source>
        <translation>The microphone has only just opened, so this was not recorded. Hold the key and say it again.</translation>
    </message>
    <message>
        <source>按住再说，松开结束</source>
        <translation>Hold to talk, release to end</translation>
    </message>
    <message>
        <source>声音过大，请离远一点</source>
        <translation>Too loud: move away</translation>
    </message>
    <message>
        <source>声音太小，请靠近一点</source>
        <translation>Too quiet: come closer</translation>
    </message>
    <message>
        <source>没有声音，请查静音键</source>
        <translation>No sound: check the mute switch</translation>
    </message>
</context>
<context>
    <name>JournalModel</name>
    <message>
        <source>日志读不出来（{name}）。请把日志文件交给维护人员。</source>
        <translation>The log cannot be read ({name}). Give the log file to maintenance.</translation>
    </message>
    <message>
        <source>级别</source>
        <translation>Level</translation>
    </message>
    <message>
        <source>时间</source>
        <translation>Time</translation>
    </message>
    <message>
        <source>地点</source>
        <translation>Site</translation>
    </message>
    <message>
        <source>检查</source>
        <translation>Check</translation>
    </message>
    <message>
        <source>结论</source>
        <translation>Verdict</translation>
    </message>
    <message>
        <source>值班员</source>
        <translation>By</translation>
    </message>
    <message>
        <source>未确认</source>
        <translation>Open</translation>
    </message>
    <message>
        <source>已确认</source>
        <translation>Acked</translation>
    </message>
</context>
<context>
    <name>JournalPanel</name>
    <message>
        <source>巡检日志</source>
        <translation>Inspection log</translation>
    </message>
    <message>
        <source>筛选：地点、原话或结论</source>
        <translation>Filter: site, words or verdict</translation>
    </message>
    <message>
        <source>筛选日志</source>
        <translation>Filter the log</translation>
    </message>
    <message>
        <source>校验</source>
        <translation>Verify</translation>
    </message>
    <message>
        <source>逐条核对日志，确认没有被改动或删减</source>
        <translation>Check each record: was anything changed or removed?</translation>
    </message>
    <message>
        <source>还没有巡检记录。</source>
        <translation>No inspections yet.</translation>
    </message>
    <message>
        <source>正在校验…</source>
        <translation>Verifying…</translation>
    </message>
    <message>
        <source>校验没有完成（{name}）。请重试，或把日志交给维护人员。</source>
        <translation>Verification did not finish ({name}). Try again, or give the log to maintenance.</translation>
    </message>
    <message>
        <source>已校验 {n} 条记录，链条完整，未发现改动。末条指纹 {head}</source>
        <translation>Records verified: {n}. The chain is whole, no change found. Last fingerprint {head}</translation>
    </message>
    <message>
        <source>第 {seq} 条记录对不上：{detail}。请立即备份日志文件并报告安监人员，不要继续修改。</source>
        <translation>Record {seq} does not match: {detail}. Back up the log file now and tell the safety officer; change nothing.</translation>
    </message>
    <message>
        <source>内容与指纹不符</source>
        <translation>its content differs from its fingerprint</translation>
    </message>
    <message>
        <source>正在校验… {done} / {total}</source>
        <translation>Verifying… {done} / {total}</translation>
    </message>
    <message>
        <source>没有符合筛选的记录。</source>
        <translation>No record matches the filter.</translation>
    </message>
</context>
<context>
    <name>MicrophoneChooser</name>
    <message>
        <source>麦克风没有换成（{name}）。请重新插拔后再试。</source>
        <translation>The microphone was not changed ({name}). Plug it in again and retry.</translation>
    </message>
    <message>
        <source>系统默认的麦克风</source>
        <translation>the system&apos;s default</translation>
    </message>
</context>
<context>
    <name>MicrophoneMenu</name>
    <message>
        <source>用哪个麦克风？</source>
        <translation>Which microphone?</translation>
    </message>
    <message>
        <source>没有找到麦克风</source>
        <translation>No microphone found</translation>
    </message>
    <message>
        <source>系统默认</source>
        <translation>System default</translation>
    </message>
    <message>
        <source>{name}（{aside}）</source>
        <translation>{name} ({aside})</translation>
    </message>
    <message>
        <source>✓ {name}</source>
        <translation>✓ {name}</translation>
    </message>
</context>
<context>
    <name>MuteButton</name>
    <message>
        <source>朗读：静音</source>
        <translation>Read-back: muted</translation>
    </message>
    <message>
        <source>朗读：开</source>
        <translation>Read-back: on</translation>
    </message>
    <message>
        <source>恢复朗读（{key}）</source>
        <translation>Unmute ({key})</translation>
    </message>
    <message>
        <source>静音（{key}）</source>
        <translation>Mute ({key})</translation>
    </message>
</context>
<context>
    <name>NameForm</name>
    <message>
        <source>确认人姓名</source>
        <translation>Your name</translation>
    </message>
    <message>
        <source>备注，可不填</source>
        <translation>Note (optional)</translation>
    </message>
    <message>
        <source>确认备注</source>
        <translation>Note</translation>
    </message>
    <message>
        <source>签名确认 Enter</source>
        <translation>Sign  Enter</translation>
    </message>
    <message>
        <source>返回 Esc</source>
        <translation>Back  Esc</translation>
    </message>
</context>
<context>
    <name>QuestionView</name>
    <message>
        <source>说「是」或按 1 就查；说「不是」就不查。</source>
        <translation>Say “是” (yes) or press 1 to check; say “不是” (no) not to.</translation>
    </message>
    <message>
        <source>设置为每条口头指令先确认：</source>
        <translation>Each spoken command is confirmed first, by setting:</translation>
    </message>
    <message>
        <source>按数字键选定，或重新说一遍。没有选定之前不会查询。</source>
        <translation>Press a number, or say it again. Nothing is asked before you choose.</translation>
    </message>
    <message>
        <source>请再说一遍，或点「修改」，改好后再发送。</source>
        <translation>Say it again, or press “Edit”, correct it and send.</translation>
    </message>
    <message>
        <source>也可以点「改写」，改好后再发送。</source>
        <translation>Or press “Rewrite”, correct it and send.</translation>
    </message>
    <message>
        <source>修改</source>
        <translation>Edit</translation>
    </message>
    <message>
        <source>把听到的话放进输入框，改好后按回车发送</source>
        <translation>Put what was heard in the text box; correct it and press Enter</translation>
    </message>
</context>
<context>
    <name>QuickRow</name>
    <message>
        <source>常用</source>
        <translation>Favourites</translation>
    </message>
    <message>
        <source>常用站点</source>
        <translation>Favourites</translation>
    </message>
    <message>
        <source>常用站点的三项检查</source>
        <translation>The three checks of your favourites</translation>
    </message>
    <message>
        <source>能说什么  F1</source>
        <translation>What to say  F1</translation>
    </message>
    <message>
        <source>能说什么、按键和颜色的意思</source>
        <translation>What to say, keys and colours</translation>
    </message>
    <message>
        <source>常用站点最多 {n} 个，请先把一个移出常用。</source>
        <translation>No more than {n} favourites: remove one first.</translation>
    </message>
    <message>
        <source>移出常用</source>
        <translation>Remove from favourites</translation>
    </message>
    <message>
        <source>设为常用</source>
        <translation>Make a favourite</translation>
    </message>
    <message>
        <source>能说什么</source>
        <translation>What to say</translation>
    </message>
</context>
<context>
    <name>ReasonList</name>
    <message>
        <source>理解依据</source>
        <translation>Reasons</translation>
    </message>
</context>
<context>
    <name>RecordWindow</name>
    <message>
        <source>巡检记录 {id}</source>
        <translation>Inspection record {id}</translation>
    </message>
    <message>
        <source>关闭</source>
        <translation>Close</translation>
    </message>
    <message>
        <source>告警 {n} 条，已确认 {seen} 条，以下是其中 {shown} 条</source>
        <translation>Alarms: {n}, acknowledged: {seen}; {shown} of them below</translation>
    </message>
    <message>
        <source>{alarm}：告警未确认</source>
        <translation>{alarm}: alarm open</translation>
    </message>
    <message>
        <source>{alarm}：告警已由{name}确认，{time}</source>
        <translation>{alarm}: acknowledged by {name}, {time}</translation>
    </message>
    <message>
        <source>录音文件不可作为依据：{problem}</source>
        <translation>The recording is no evidence: {problem}</translation>
    </message>
    <message>
        <source>录音文件与本条的 SHA-256 一致</source>
        <translation>The recording matches the SHA-256 of this record</translation>
    </message>
    <message>
        <source>播放</source>
        <translation>Play</translation>
    </message>
    <message>
        <source>用系统的播放器打开</source>
        <translation>Open in the system&apos;s player</translation>
    </message>
    <message>
        <source>打开所在文件夹</source>
        <translation>Open folder</translation>
    </message>
    <message>
        <source>时间</source>
        <translation>Time</translation>
    </message>
    <message>
        <source>结果</source>
        <translation>Outcome</translation>
    </message>
    <message>
        <source>值班员</source>
        <translation>Operator</translation>
    </message>
    <message>
        <source>方式</source>
        <translation>Given by</translation>
    </message>
    <message>
        <source>原因</source>
        <translation>Cause</translation>
    </message>
    <message>
        <source>怎么办</source>
        <translation>What to do</translation>
    </message>
    <message>
        <source>读法</source>
        <translation>Read by</translation>
    </message>
    <message>
        <source>把握</source>
        <translation>Certainty</translation>
    </message>
    <message>
        <source>模型</source>
        <translation>Model</translation>
    </message>
    <message>
        <source>说明</source>
        <translation>Notes</translation>
    </message>
    <message>
        <source>接着的运行</source>
        <translation>Follows run</translation>
    </message>
    <message>
        <source>提问</source>
        <translation>Question</translation>
    </message>
    <message>
        <source>答复</source>
        <translation>Reply</translation>
    </message>
    <message>
        <source>模型原句</source>
        <translation>Model&apos;s words</translation>
    </message>
    <message>
        <source>其余结果另有 {n} 张，展开后点开一项即可查看。</source>
        <translation>Pictures of other results: {n}; show all and open one.</translation>
    </message>
    <message>
        <source>证据图</source>
        <translation>Evidence</translation>
    </message>
    <message>
        <source>用时</source>
        <translation>Time taken</translation>
    </message>
    <message>
        <source>运行编号</source>
        <translation>Run number</translation>
    </message>
    <message>
        <source>答复的提问</source>
        <translation>Answers run</translation>
    </message>
    <message>
        <source>程序</source>
        <translation>Program</translation>
    </message>
    <message>
        <source>日志序号</source>
        <translation>Log number</translation>
    </message>
    <message>
        <source>本条指纹</source>
        <translation>Fingerprint</translation>
    </message>
    <message>
        <source>前条指纹</source>
        <translation>Previous fingerprint</translation>
    </message>
    <message>
        <source>证据图 {i}/{n}</source>
        <translation>Evidence {i}/{n}</translation>
    </message>
    <message>
        <source>依据 · {kind}</source>
        <translation>Reason · {kind}</translation>
    </message>
    <message>
        <source>原话</source>
        <translation>Heard</translation>
    </message>
    <message>
        <source>自由识别</source>
        <translation>Free recognition</translation>
    </message>
    <message>
        <source>词表识别</source>
        <translation>Lexicon recognition</translation>
    </message>
    <message>
        <source>其他听法</source>
        <translation>Also heard as</translation>
    </message>
    <message>
        <source>识别器</source>
        <translation>Recogniser</translation>
    </message>
    <message>
        <source>识别把握</source>
        <translation>Heard with</translation>
    </message>
    <message>
        <source>{n} 秒</source>
        <translation>{n} s</translation>
    </message>
    <message>
        <source>录音</source>
        <translation>Recording</translation>
    </message>
    <message>
        <source>听</source>
        <translation>Hearing</translation>
    </message>
    <message>
        <source>理解</source>
        <translation>Understanding</translation>
    </message>
    <message>
        <source>查询</source>
        <translation>Query</translation>
    </message>
    <message>
        <source>总结</source>
        <translation>Summary</translation>
    </message>
    <message>
        <source>共</source>
        <translation>Total</translation>
    </message>
</context>
<context>
    <name>RefusalWindow</name>
    <message>
        <source>GridDesk 无法启动</source>
        <translation>GridDesk cannot start</translation>
    </message>
    <message>
        <source>设置有误，无法启动</source>
        <translation>The settings are wrong; the desk cannot start</translation>
    </message>
    <message>
        <source>怎么办</source>
        <translation>What to do</translation>
    </message>
    <message>
        <source>设置文件</source>
        <translation>Settings file</translation>
    </message>
    <message>
        <source>改好并保存后，请重新启动 GridDesk。</source>
        <translation>Correct and save it, then start GridDesk again.</translation>
    </message>
    <message>
        <source>打开设置文件所在文件夹</source>
        <translation>Open its folder</translation>
    </message>
    <message>
        <source>退出</source>
        <translation>Quit</translation>
    </message>
</context>
<context>
    <name>RunBridge</name>
    <message>
        <source>本次查询没有结束就中断了</source>
        <translation>The query broke off before its end</translation>
    </message>
    <message>
        <source>本次查询没有及时停止，已被强行取消</source>
        <translation>The query did not stop in time and was cancelled by force</translation>
    </message>
    <message>
        <source>程序内部故障（{name}），本次查询没有结果</source>
        <translation>Internal fault ({name}); the query has no result</translation>
    </message>
</context>
<context>
    <name>RunCard</name>
    <message>
        <source>正在听…</source>
        <translation>Listening…</translation>
    </message>
    <message>
        <source>取消 (Esc)</source>
        <translation>Cancel (Esc)</translation>
    </message>
    <message>
        <source>依据</source>
        <translation>Reasons</translation>
    </message>
    <message>
        <source>为什么这样理解（最新一条也可按 Ctrl+E）</source>
        <translation>Why it was understood like this (for the latest also Ctrl+E)</translation>
    </message>
    <message>
        <source>改写</source>
        <translation>Rewrite</translation>
    </message>
    <message>
        <source>把这句话放进输入框，改好后再发送</source>
        <translation>Put this in the text box, to correct and send</translation>
    </message>
    <message>
        <source>详情</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>正在查询…</source>
        <translation>Asking the sites…</translation>
    </message>
    <message>
        <source>请重试；若再次出现，请把运行编号和日志文件交给维护人员。</source>
        <translation>Try again; if it comes back, give the run number and the log files to maintenance.</translation>
    </message>
    <message>
        <source>失败</source>
        <translation>Failed</translation>
    </message>
    <message>
        <source>正在理解…</source>
        <translation>Understanding…</translation>
    </message>
    <message>
        <source>停止 (Esc)</source>
        <translation>Stop (Esc)</translation>
    </message>
    <message>
        <source>收起依据</source>
        <translation>Hide reasons</translation>
    </message>
    <message>
        <source>{word}：{what}</source>
        <translation>{word}: {what}</translation>
    </message>
    <message>
        <source>没有写入日志</source>
        <translation>Not in the log</translation>
    </message>
    <message>
        <source>已取消</source>
        <translation>Cancelled</translation>
    </message>
    <message>
        <source>没有查询结果。</source>
        <translation>No result.</translation>
    </message>
    <message>
        <source>停止前已答复 {n} / {total}，其余没有结果。</source>
        <translation>Answered before the stop: {n} / {total}; the rest has no result.</translation>
    </message>
    <message>
        <source>没有听到内容</source>
        <translation>Nothing was heard</translation>
    </message>
    <message>
        <source>键入的内容未受理</source>
        <translation>What was typed was not accepted</translation>
    </message>
    <message>
        <source>正在识别…</source>
        <translation>Recognising…</translation>
    </message>
    <message>
        <source>正在取消…</source>
        <translation>Cancelling…</translation>
    </message>
</context>
<context>
    <name>Speaker</name>
    <message>
        <source>朗读</source>
        <translation>Read-back</translation>
    </message>
    <message>
        <source>正在准备语音</source>
        <translation>Preparing the voice</translation>
    </message>
    <message>
        <source>没有设置的语音「{lacks}」，改用「{voice}」</source>
        <translation>There is no voice “{lacks}” as set; “{voice}” is used</translation>
    </message>
    <message>
        <source>请改正设置项 voice.voice，或安装这个语音。</source>
        <translation>Correct the setting voice.voice, or install that voice.</translation>
    </message>
    <message>
        <source>不需要朗读时，把设置项 voice.read_back 设为 off。</source>
        <translation> If no read-back is wanted, set voice.read_back to off.</translation>
    </message>
    <message>
        <source>安装包版本不能朗读，结论只在屏幕上显示</source>
        <translation>The installed bundle cannot read aloud; verdicts are on the screen alone</translation>
    </message>
    <message>
        <source>需要朗读时，请从 Python 环境启动本程序。</source>
        <translation>For read-back, start the program from a Python environment.</translation>
    </message>
    <message>
        <source>朗读组件无法加载</source>
        <translation>The read-back component cannot be loaded</translation>
    </message>
    <message>
        <source>请安装 PySide6-Addons；Linux 上还需要 libpulse0。安装后重新启动。</source>
        <translation>Install PySide6-Addons; Linux also needs libpulse0. Then start again.</translation>
    </message>
    <message>
        <source>没有可用的语音引擎</source>
        <translation>No speech engine is available</translation>
    </message>
    <message>
        <source>Linux 请安装并启动 speech-dispatcher，再重新启动本程序。</source>
        <translation>On Linux, install and start speech-dispatcher, then start the program again.</translation>
    </message>
    <message>
        <source>本机没有中文语音</source>
        <translation>This machine has no Chinese voice</translation>
    </message>
    <message>
        <source>Windows 请在「时间和语言 → 语音」里添加中文语音；Linux 请为 speech-dispatcher 安装中文语音（espeak 的普通话听不懂，不自动选用）。</source>
        <translation>On Windows, add a Chinese voice under “Time &amp; language → Speech”; on Linux, install a Chinese voice for speech-dispatcher (espeak&apos;s Mandarin cannot be understood and is not chosen by itself).</translation>
    </message>
    <message>
        <source>语音引擎报错，上一句没有读出</source>
        <translation>The speech engine failed; the last sentence was not read</translation>
    </message>
    <message>
        <source>请检查扬声器是否被占用；下一句会再试。</source>
        <translation>See whether the speaker is in use elsewhere; the next sentence tries again.</translation>
    </message>
    <message>
        <source>朗读程序意外退出</source>
        <translation>The read-back program ended unexpectedly</translation>
    </message>
    <message>
        <source>稍后朗读时会自动重新启动；若再次出现，请换一个语音。</source>
        <translation>It starts again by itself; if it comes back, choose another voice.</translation>
    </message>
    <message>
        <source>语音引擎没有反应</source>
        <translation>The speech engine does not respond</translation>
    </message>
    <message>
        <source>请检查扬声器和声音服务；稍后朗读时会再试。</source>
        <translation>Check the speaker and the sound service; read-back tries again later.</translation>
    </message>
    <message>
        <source>{cause}（{why}）</source>
        <translation>{cause} ({why})</translation>
    </message>
</context>
<context>
    <name>StatusPopup</name>
    <message>
        <source>原因和办法</source>
        <translation>Cause and remedy</translation>
    </message>
    <message>
        <source>换一个麦克风…</source>
        <translation>Other microphone…</translation>
    </message>
    <message>
        <source>{a}：{b}</source>
        <translation>{a}: {b}</translation>
    </message>
    <message>
        <source>怎么办</source>
        <translation>What to do</translation>
    </message>
</context>
<context>
    <name>StatusStrip</name>
    <message>
        <source>正在检查各部分的状态…</source>
        <translation>Checking the parts…</translation>
    </message>
    <message>
        <source>正在载入模型…</source>
        <translation>Loading models…</translation>
    </message>
    <message>
        <source>正在载入模型，可以先输入文字…</source>
        <translation>Loading models; you can type meanwhile…</translation>
    </message>
    <message>
        <source>{a}：{b}</source>
        <translation>{a}: {b}</translation>
    </message>
    <message>
        <source>+{n}</source>
        <translation>+{n}</translation>
    </message>
    <message>
        <source>、</source>
        <translation>, </translation>
    </message>
    <message>
        <source>{bad}/{all} 个</source>
        <translation>{bad} of {all}</translation>
    </message>
    <message>
        <source>{all} 个</source>
        <translation>{all}</translation>
    </message>
    <message>
        <source>现场系统</source>
        <translation>Site systems</translation>
    </message>
    <message>
        <source>正常</source>
        <translation>OK</translation>
    </message>
    <message>
        <source>准备中</source>
        <translation>Preparing</translation>
    </message>
    <message>
        <source>异常</source>
        <translation>Fault</translation>
    </message>
</context>
<context>
    <name>Voice</name>
    <message>
        <source>朗读</source>
        <translation>Read-back</translation>
    </message>
    <message>
        <source>已静音（{key}）</source>
        <translation>Muted ({key})</translation>
    </message>
</context>
<context>
    <name>_PartButton</name>
    <message>
        <source>{a}：{b}</source>
        <translation>{a}: {b}</translation>
    </message>
</context>
<context>
    <name>_Telling</name>
    <message>
        <source>告警已确认：{name}，{time}</source>
        <translation>Alarm acknowledged: {name}, {time}</translation>
    </message>
    <message>
        <source>这条告警已由{name}在 {time} 确认，不再重复记录</source>
        <translation>{name} had acknowledged this alarm at {time}; not recorded twice</translation>
    </message>
</context>
<context>
    <name>board</name>
    <message>
        <source>刚刚</source>
        <translation>just now</translation>
    </message>
    <message>
        <source>{n}分钟前</source>
        <translation>{n} min ago</translation>
    </message>
    <message>
        <source>{n}小时前</source>
        <translation>{n} h ago</translation>
    </message>
    <message>
        <source>昨天</source>
        <translation>yesterday</translation>
    </message>
    <message>
        <source>{n}天前</source>
        <translation>{n} d ago</translation>
    </message>
    <message>
        <source>实到/应到</source>
        <translation>present/expected</translation>
    </message>
    <message>
        <source>戴帽/实到</source>
        <translation>hard hats/present</translation>
    </message>
    <message>
        <source>携带/实到</source>
        <translation>testers/present</translation>
    </message>
    <message>
        <source>数据缺失</source>
        <translation>No data</translation>
    </message>
    <message>
        <source>无工单</source>
        <translation>No work order</translation>
    </message>
    <message>
        <source>无人施工</source>
        <translation>Nobody at work</translation>
    </message>
    <message>
        <source>全部工地</source>
        <translation>All sites</translation>
    </message>
    <message>
        <source>未写片区</source>
        <translation>No region</translation>
    </message>
    <message>
        <source>三项检查</source>
        <translation>All three checks</translation>
    </message>
    <message>
        <source>单击：查询该片区的{check}，先请您确认</source>
        <translation>Click: check {check} in this region; you confirm first</translation>
    </message>
    <message>
        <source>又名：{names}</source>
        <translation>Also: {names}</translation>
    </message>
    <message>
        <source>单击：三项检查都查</source>
        <translation>Click: all three checks</translation>
    </message>
    <message>
        <source>{sentence}
{at}（{age}）</source>
        <translation>{sentence}
{at} ({age})</translation>
    </message>
    <message>
        <source>单击：现在查一次</source>
        <translation>Click: check now</translation>
    </message>
    <message>
        <source>还没有查过</source>
        <translation>Not checked yet</translation>
    </message>
    <message>
        <source>还没有读到日志</source>
        <translation>Log not read yet</translation>
    </message>
    <message>
        <source>今天不在工期内（{a} 至 {b}）</source>
        <translation>No work planned today ({a} to {b})</translation>
    </message>
    <message>
        <source>{n} 个工地</source>
        <translation>Sites: {n}</translation>
    </message>
    <message>
        <source>已答，记录中</source>
        <translation>recording</translation>
    </message>
    <message>
        <source>正在查</source>
        <translation>checking</translation>
    </message>
    <message>
        <source>查询{check}</source>
        <translation>Check {check}</translation>
    </message>
    <message>
        <source>三项都查</source>
        <translation>All three checks</translation>
    </message>
    <message>
        <source>查看这次记录</source>
        <translation>Show this record</translation>
    </message>
</context>
<context>
    <name>evidence</name>
    <message>
        <source>证据图的路径不在证据文件夹内，没有打开。</source>
        <translation>The picture&apos;s path lies outside the evidence folder; it was not opened.</translation>
    </message>
    <message>
        <source>找不到证据图 {path}，可能已被移走或删除。</source>
        <translation>The picture {path} is not there; it may have been moved or deleted.</translation>
    </message>
    <message>
        <source>证据图 {path} 与记录的指纹不符，可能被改动过。</source>
        <translation>The picture {path} does not match its recorded fingerprint; it may have been changed.</translation>
    </message>
    <message>
        <source>证据图 {path} 的格式无法显示。</source>
        <translation>The picture {path} has a format that cannot be shown.</translation>
    </message>
    <message>
        <source>标注图</source>
        <translation>Annotated</translation>
    </message>
    <message>
        <source>证据图</source>
        <translation>Evidence</translation>
    </message>
    <message>
        <source>原图</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>摄像头 {name}</source>
        <translation>Camera {name}</translation>
    </message>
    <message>
        <source>拍摄时间未注明</source>
        <translation>Time not stated</translation>
    </message>
    <message>
        <source>拍摄 {time}</source>
        <translation>Taken {time}</translation>
    </message>
    <message>
        <source>摄像头未注明</source>
        <translation>Camera not stated</translation>
    </message>
</context>
<context>
    <name>footing</name>
    <message>
        <source>运行编号 {id}</source>
        <translation>Run {id}</translation>
    </message>
    <message>
        <source>用时 {took}</source>
        <translation>Took {took}</translation>
    </message>
    <message>
        <source>读法 {source}</source>
        <translation>Read by: {source}</translation>
    </message>
</context>
<context>
    <name>heard</name>
    <message>
        <source>虚线处两种识别不一致：{what}</source>
        <translation>Dotted: two recognisers disagree on {what}</translation>
    </message>
    <message>
        <source>〔〕按读音修正：{what}</source>
        <translation>“〔〕” repaired by sound: {what}</translation>
    </message>
    <message>
        <source>自由识别「{free}」&#x3000;词表识别「{lexicon}」</source>
        <translation>Free: “{free}”  Lexicon: “{lexicon}”</translation>
    </message>
    <message>
        <source>录音丢失 {n} 块，可能没有听全</source>
        <translation>Blocks of sound lost: {n}; not all may have been heard</translation>
    </message>
    <message>
        <source>{origin}：「{text}」</source>
        <translation>{origin}: “{text}”</translation>
    </message>
</context>
<context>
    <name>help</name>
    <message>
        <source>查一下{site}的人数</source>
        <translation>查一下{site}的人数</translation>
    </message>
    <message>
        <source>{site}有没有人没戴安全帽</source>
        <translation>{site}有没有人没戴安全帽</translation>
    </message>
    <message>
        <source>检查{site}的电笔携带情况</source>
        <translation>检查{site}的电笔携带情况</translation>
    </message>
    <message>
        <source>查{site}的人数和安全帽</source>
        <translation>查{site}的人数和安全帽</translation>
    </message>
    <message>
        <source>{a}和{b}的人数</source>
        <translation>{a}和{b}的人数</translation>
    </message>
    <message>
        <source>那{site}呢</source>
        <translation>那{site}呢</translation>
    </message>
    <message>
        <source>{region}所有工地的人数</source>
        <translation>{region}所有工地的人数</translation>
    </message>
    <message>
        <source>再说一遍</source>
        <translation>再说一遍</translation>
    </message>
    <message>
        <source>按住说话；设为免按时按一下，说完自动结束</source>
        <translation>Hold to talk; with hands-free set, press once and it ends when you stop</translation>
    </message>
    <message>
        <source>空格</source>
        <translation>Space</translation>
    </message>
    <message>
        <source>不在打字时同 {key}</source>
        <translation>Same as {key} while you are not typing</translation>
    </message>
    <message>
        <source>取消最新的查询；没有查询时清空输入框</source>
        <translation>Cancel the latest query; without one, clear the text box</translation>
    </message>
    <message>
        <source>回答提问；选择常用站点的检查</source>
        <translation>Answer a question; choose the check of a favourite</translation>
    </message>
    <message>
        <source>在输入框里翻看说过、输入过的指令</source>
        <translation>Earlier commands, in the text box</translation>
    </message>
    <message>
        <source>到输入框</source>
        <translation>To the text box</translation>
    </message>
    <message>
        <source>站点</source>
        <translation>Sites</translation>
    </message>
    <message>
        <source>巡检日志</source>
        <translation>Inspection log</translation>
    </message>
    <message>
        <source>筛选站点或日志</source>
        <translation>Filter sites or log</translation>
    </message>
    <message>
        <source>确认告警</source>
        <translation>Acknowledge an alarm</translation>
    </message>
    <message>
        <source>打开或收起最新一条的依据</source>
        <translation>Open or close the latest reasons</translation>
    </message>
    <message>
        <source>静音，或恢复朗读</source>
        <translation>Mute or unmute read-back</translation>
    </message>
    <message>
        <source>打开或关闭本页</source>
        <translation>Open or close this page</translation>
    </message>
    <message>
        <source>与要求相符，不用处理。</source>
        <translation>As required; nothing to do.</translation>
    </message>
    <message>
        <source>有出入，例如有人缺勤，请核实。</source>
        <translation>Something differs, for example somebody is absent. Please check.</translation>
    </message>
    <message>
        <source>有危险，例如有人没戴安全帽，请立即处理并确认。</source>
        <translation>Danger, for example somebody without a hard hat. Act now and acknowledge.</translation>
    </message>
    <message>
        <source>系统没有给出可信的数字，请人工核实，不要当作零。</source>
        <translation>The system gave no number to rely on. Check by hand; it is not zero.</translation>
    </message>
</context>
<context>
    <name>journal</name>
    <message>
        <source>{n} 项：{tally}</source>
        <translation>{n}: {tally}</translation>
    </message>
    <message>
        <source>中途停止。{verdict}</source>
        <translation>Stopped midway. {verdict}</translation>
    </message>
    <message>
        <source>{n} 个工地</source>
        <translation>Sites: {n}</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>程序内部故障（{name}）。可以继续使用；若再次出现，请把日志文件交给维护人员。</source>
        <translation>Internal fault ({name}). You can go on; if it comes back, give the log files to maintenance.</translation>
    </message>
</context>
<context>
    <name>parts</name>
    <message>
        <source>麦克风</source>
        <translation>Microphone</translation>
    </message>
    <message>
        <source>语音识别</source>
        <translation>Recogniser</translation>
    </message>
    <message>
        <source>语言模型</source>
        <translation>Language model</translation>
    </message>
    <message>
        <source>现场系统</source>
        <translation>Site system</translation>
    </message>
    <message>
        <source>巡检日志</source>
        <translation>Inspection log</translation>
    </message>
    <message>
        <source>录音保存</source>
        <translation>Recordings</translation>
    </message>
    <message>
        <source>设置文件</source>
        <translation>Settings file</translation>
    </message>
    <message>
        <source>适配器</source>
        <translation>Adapter</translation>
    </message>
    <message>
        <source>告警声</source>
        <translation>Alarm sound</translation>
    </message>
    <message>
        <source>钥匙串</source>
        <translation>Keyring</translation>
    </message>
</context>
<context>
    <name>quick</name>
    <message>
        <source>人数</source>
        <translation>Headcount</translation>
    </message>
    <message>
        <source>安全帽</source>
        <translation>Hard hats</translation>
    </message>
    <message>
        <source>电笔</source>
        <translation>Testers</translation>
    </message>
    <message>
        <source>选择要查的项目</source>
        <translation>Choose a check</translation>
    </message>
    <message>
        <source>{n}  {check}</source>
        <translation>{n}  {check}</translation>
    </message>
    <message>
        <source>移出常用</source>
        <translation>Remove from favourites</translation>
    </message>
    <message>
        <source>设为常用</source>
        <translation>Make a favourite</translation>
    </message>
    <message>
        <source>★ {name}</source>
        <translation>★ {name}</translation>
    </message>
    <message>
        <source>{name}：选一项来查</source>
        <translation>{name}: choose a check</translation>
    </message>
    <message>
        <source>查 {name}</source>
        <translation>Check {name}</translation>
    </message>
</context>
<context>
    <name>reasons</name>
    <message>
        <source>「{words}」&#x3000;{meaning}</source>
        <translation>“{words}”  {meaning}</translation>
    </message>
    <message>
        <source>回答刚才的提问：{question}</source>
        <translation>Answers the question: {question}</translation>
    </message>
    <message>
        <source>{call} 等 {n} 项</source>
        <translation>{call} and others, {n} in all</translation>
    </message>
    <message>
        <source>接着刚才的 {what}</source>
        <translation>Follows {what}</translation>
    </message>
    <message>
        <source>接着运行 {id}</source>
        <translation>Follows run {id}</translation>
    </message>
    <message>
        <source>没有重新查询，这是运行 {id} 的答复。</source>
        <translation>Not asked again: this is the answer of run {id}.</translation>
    </message>
    <message>
        <source>没有重新查询，这是 {time} 的答复。</source>
        <translation>Not asked again: this is the answer of {time}.</translation>
    </message>
</context>
<context>
    <name>words</name>
    <message>
        <source>正常</source>
        <translation>Normal</translation>
    </message>
    <message>
        <source>注意</source>
        <translation>Caution</translation>
    </message>
    <message>
        <source>告警</source>
        <translation>Alarm</translation>
    </message>
    <message>
        <source>数据缺失</source>
        <translation>No data</translation>
    </message>
    <message>
        <source>语音</source>
        <translation>Voice</translation>
    </message>
    <message>
        <source>录音文件</source>
        <translation>Sound file</translation>
    </message>
    <message>
        <source>键入</source>
        <translation>Typed</translation>
    </message>
    <message>
        <source>选定</source>
        <translation>Chosen</translation>
    </message>
    <message>
        <source>模型与规则一致</source>
        <translation>Model and rules</translation>
    </message>
    <message>
        <source>模型</source>
        <translation>Model</translation>
    </message>
    <message>
        <source>规则</source>
        <translation>Rules</translation>
    </message>
    <message>
        <source>值班员选定</source>
        <translation>Operator</translation>
    </message>
    <message>
        <source>已答复</source>
        <translation>Answered</translation>
    </message>
    <message>
        <source>已询问</source>
        <translation>Asked</translation>
    </message>
    <message>
        <source>问候</source>
        <translation>Greeting</translation>
    </message>
    <message>
        <source>未受理</source>
        <translation>Declined</translation>
    </message>
    <message>
        <source>重说</source>
        <translation>Repeated</translation>
    </message>
    <message>
        <source>失败</source>
        <translation>Failed</translation>
    </message>
    <message>
        <source>已取消</source>
        <translation>Cancelled</translation>
    </message>
    <message>
        <source>地点</source>
        <translation>Place</translation>
    </message>
    <message>
        <source>检查</source>
        <translation>Check</translation>
    </message>
    <message>
        <source>按读音修正</source>
        <translation>Repaired by sound</translation>
    </message>
    <message>
        <source>沿用上文</source>
        <translation>From before</translation>
    </message>
    <message>
        <source>不受理</source>
        <translation>Declined</translation>
    </message>
    <message>
        <source>存疑</source>
        <translation>Doubt</translation>
    </message>
    <message>
        <source>另一意见</source>
        <translation>Second opinion</translation>
    </message>
    <message>
        <source>把握</source>
        <translation>Certainty</translation>
    </message>
    <message>
        <source>人数检测</source>
        <translation>Head count</translation>
    </message>
    <message>
        <source>安全检查</source>
        <translation>Hard hats</translation>
    </message>
    <message>
        <source>设备检查</source>
        <translation>Voltage testers</translation>
    </message>
    <message>
        <source>超时未答复</source>
        <translation>Timed out</translation>
    </message>
    <message>
        <source>无法连接</source>
        <translation>Unreachable</translation>
    </message>
    <message>
        <source>系统忙</source>
        <translation>Busy</translation>
    </message>
    <message>
        <source>拒绝答复</source>
        <translation>Refused</translation>
    </message>
    <message>
        <source>答复内容有误</source>
        <translation>Bad answer</translation>
    </message>
    <message>
        <source>数据过期</source>
        <translation>Out of date</translation>
    </message>
    <message>
        <source>数据自相矛盾</source>
        <translation>Contradictory</translation>
    </message>
    <message>
        <source>没有计数</source>
        <translation>Not counted</translation>
    </message>
    <message>
        <source>查询已取消</source>
        <translation>Cancelled</translation>
    </message>
    <message>
        <source>程序故障</source>
        <translation>Internal fault</translation>
    </message>
    <message>
        <source>、</source>
        <translation>, </translation>
    </message>
    <message>
        <source>，</source>
        <translation>, </translation>
    </message>
    <message>
        <source>实到</source>
        <translation>Present</translation>
    </message>
    <message>
        <source>应到</source>
        <translation>Expected</translation>
    </message>
    <message>
        <source>戴帽</source>
        <translation>Wearing</translation>
    </message>
    <message>
        <source>携带</source>
        <translation>Carrying</translation>
    </message>
    <message>
        <source>{n} 毫秒</source>
        <translation>{n} ms</translation>
    </message>
    <message>
        <source>{n} 秒</source>
        <translation>{n} s</translation>
    </message>
</context>
</TS>
