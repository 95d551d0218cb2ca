<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="zh_CN">
<context>
    <name>AccountsModel</name>
    <message>
        <source>登录名</source>
        <translation>Login</translation>
    </message>
    <message>
        <source>姓名</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>角色</source>
        <translation>Role</translation>
    </message>
    <message>
        <source>状态</source>
        <translation>State</translation>
    </message>
    <message>
        <source>已停用</source>
        <translation>Disabled</translation>
    </message>
    <message>
        <source>锁定到 {time}</source>
        <translation>Locked until {time}</translation>
    </message>
    <message>
        <source>可登录，须先改密码</source>
        <translation>Must change the password</translation>
    </message>
    <message>
        <source>可登录</source>
        <translation>Can sign in</translation>
    </message>
</context>
<context>
    <name>AccountsWindow</name>
    <message>
        <source>账户</source>
        <translation>Accounts</translation>
    </message>
    <message>
        <source>停用的账户不能登录，已写入日志的记录仍然保留。没有人能看到别人的密码。</source>
        <translation>A disabled account cannot sign in; what it did stays in the log. Nobody can see another person&apos;s password.</translation>
    </message>
    <message>
        <source>这台值班台还没有账户，任何人都可以操作。</source>
        <translation>This desk has no accounts yet: anybody may use it.</translation>
    </message>
    <message>
        <source>关闭</source>
        <translation>Close</translation>
    </message>
    <message>
        <source>新增…</source>
        <translation>Add…</translation>
    </message>
    <message>
        <source>修改…</source>
        <translation>Change…</translation>
    </message>
    <message>
        <source>重设密码…</source>
        <translation>Reset password…</translation>
    </message>
    <message>
        <source>解锁</source>
        <translation>Unlock</translation>
    </message>
    <message>
        <source>忘掉输错的密码，马上可以再登录</source>
        <translation>Forget the wrong passwords, so that one can sign in at once</translation>
    </message>
    <message>
        <source>停用</source>
        <translation>Disable</translation>
    </message>
    <message>
        <source>「{login}」已解锁。</source>
        <translation>“{login}” is unlocked.</translation>
    </message>
    <message>
        <source>「{login}」可以登录了。</source>
        <translation>“{login}” can sign in again.</translation>
    </message>
    <message>
        <source>「{login}」已停用，不能再登录。</source>
        <translation>“{login}” is disabled and cannot sign in any more.</translation>
    </message>
    <message>
        <source>「{login}」的账户已建立。初始密码：{password}，只显示这一次。</source>
        <translation>The account “{login}” was made. First password: {password} – shown this once.</translation>
    </message>
    <message>
        <source>「{login}」已修改。</source>
        <translation>“{login}” was changed.</translation>
    </message>
    <message>
        <source>「{login}」的密码已重设为：{password}，只显示这一次。</source>
        <translation>The password of “{login}” is now: {password} – shown this once.</translation>
    </message>
    <message>
        <source>启用</source>
        <translation>Enable</translation>
    </message>
</context>
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
        <source>理解</source>
        <translation>understanding</translation>
    </message>
    <message>
        <source>总结</source>
        <translation>summaries</translation>
    </message>
    <message>
        <source>问候</source>
        <translation>greetings</translation>
    </message>
    <message>
        <source>用于{tasks}</source>
        <translation>Used for {tasks}</translation>
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
        <source>还没有查过。点一格就查。</source>
        <translation>Nothing was checked yet. A click on a cell checks it.</translation>
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
    <name>ChainPage</name>
    <message>
        <source>校验日志</source>
        <translation>Verify the log</translation>
    </message>
    <message>
        <source>逐条核对全部记录、证据图和录音，确认没有被改动、删减或调换。记录多时要几分钟，期间可以照常工作。</source>
        <translation>Compares every record, picture and recording with its hash, to be sure that nothing was changed, removed or swapped. With many records it takes minutes; work can go on meanwhile.</translation>
    </message>
    <message>
        <source>开始校验</source>
        <translation>Verify</translation>
    </message>
    <message>
        <source>停止</source>
        <translation>Stop</translation>
    </message>
    <message>
        <source>链头</source>
        <translation>Head of the chain</translation>
    </message>
    <message>
        <source>链头是最后一条的指纹。抄下或打印后存在别处，以后用它就能证明之前的记录一条没有少、一字没有改。</source>
        <translation>The head is the fingerprint of the last entry. Written down or printed and kept elsewhere, it proves later that nothing before it is missing or changed.</translation>
    </message>
    <message>
        <source>复制链头</source>
        <translation>Copy the head</translation>
    </message>
    <message>
        <source>正在核对记录… {done} / {total}</source>
        <translation>Checking records… {done} / {total}</translation>
    </message>
    <message>
        <source>正在核对记录…</source>
        <translation>Checking records…</translation>
    </message>
    <message>
        <source>正在核对证据图… {done} / {total}</source>
        <translation>Checking pictures… {done} / {total}</translation>
    </message>
    <message>
        <source>正在核对录音… {done} / {total}</source>
        <translation>Comparing recordings… {done} / {total}</translation>
    </message>
    <message>
        <source>校验中途停止，没有结论。</source>
        <translation>Stopped half-way; nothing is proved.</translation>
    </message>
    <message>
        <source>校验没有完成（{name}）。请重试，或把日志交给维护人员。</source>
        <translation>Verification did not finish ({name}). Try again, or give the log to maintenance.</translation>
    </message>
    <message>
        <source>{n} 条记录链条完整，未发现改动。</source>
        <translation>The chain is whole, no change was found. Records: {n}.</translation>
    </message>
    <message>
        <source>第 {seq} 条记录对不上：{detail}。请立即备份日志文件并报告，不要继续修改。</source>
        <translation>Record {seq} does not fit: {detail}. Back up the log file at once and report it; change nothing more.</translation>
    </message>
    <message>
        <source>内容与指纹不符</source>
        <translation>its content differs from its fingerprint</translation>
    </message>
    <message>
        <source>{n} 张证据图与记录一致。</source>
        <translation>Pictures as recorded: {n}.</translation>
    </message>
    <message>
        <source>{n} 张证据图被换过：{names}。</source>
        <translation>Pictures swapped: {n} ({names}).</translation>
    </message>
    <message>
        <source>{n} 张证据图不见了：{names}。</source>
        <translation>Pictures missing: {n} ({names}).</translation>
    </message>
    <message>
        <source> 等</source>
        <translation> and others</translation>
    </message>
    <message>
        <source>{n} 个录音与记录一致。</source>
        <translation>Recordings as recorded: {n}.</translation>
    </message>
    <message>
        <source>{n} 个录音已按保留天数删除，日志里有记载。</source>
        <translation>{n} recordings were deleted when they were old enough, as the log says.</translation>
    </message>
    <message>
        <source>{n} 个录音不在，旧版本写的记录没有说明是否保存过，不能据此判断。</source>
        <translation>{n} recordings are not there; records of an older version do not say whether they were kept, so nothing follows from that.</translation>
    </message>
    <message>
        <source>{n} 个录音被换过或损坏：第 {names} 条记录。</source>
        <translation>{n} recordings were swapped or damaged: records {names}.</translation>
    </message>
    <message>
        <source>{n} 个录音不见了，日志里没有到期删除的记载：第 {names} 条记录。</source>
        <translation>{n} recordings are gone, and the log does not say that they were deleted for their age: records {names}.</translation>
    </message>
    <message>
        <source>{n} 个录音读不出来，没有核对：第 {names} 条记录。</source>
        <translation>{n} recordings could not be read and were not compared: records {names}.</translation>
    </message>
    <message>
        <source>日志还是空的。</source>
        <translation>The log is still empty.</translation>
    </message>
    <message>
        <source>第 {seq} 条&#x3000;{hash}</source>
        <translation>Entry {seq}   {hash}</translation>
    </message>
</context>
<context>
    <name>ChangesDialog</name>
    <message>
        <source>返回  Esc</source>
        <translation>Back  Esc</translation>
    </message>
</context>
<context>
    <name>ChartKeeper</name>
    <message>
        <source>保存趋势图</source>
        <translation>Save the trend chart</translation>
    </message>
    <message>
        <source>PDF 文件 (*.pdf)</source>
        <translation>PDF file (*.pdf)</translation>
    </message>
    <message>
        <source>图片 (*.png)</source>
        <translation>Picture (*.png)</translation>
    </message>
    <message>
        <source>{name} 于 {time} 生成；日志链头 {head}</source>
        <translation>Made by {name}, {time}; head of the log {head}</translation>
    </message>
    <message>
        <source>趋势图没有存成：{why}。请检查磁盘空间，或换一个文件夹。</source>
        <translation>The chart was not saved: {why}. Check the free space, or choose another folder.</translation>
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
        <source>换了值班人员，不再等待回答。</source>
        <translation>Somebody else is on duty now; no answer is waited for.</translation>
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
    <name>CorrectionForm</name>
    <message>
        <source>更正 {id}</source>
        <translation>Correct {id}</translation>
    </message>
    <message>
        <source>听到的</source>
        <translation>Heard</translation>
    </message>
    <message>
        <source>实际说的</source>
        <translation>Really said</translation>
    </message>
    <message>
        <source>实际说的话</source>
        <translation>The words that were really said</translation>
    </message>
    <message>
        <source> 等 {n} 项</source>
        <translation> and others, {n} in all</translation>
    </message>
    <message>
        <source>理解为</source>
        <translation>Understood</translation>
    </message>
    <message>
        <source>应当查</source>
        <translation>Should ask</translation>
    </message>
    <message>
        <source>说明</source>
        <translation>Remark</translation>
    </message>
    <message>
        <source>可不填</source>
        <translation>Optional</translation>
    </message>
    <message>
        <source>只改错的一项，另一项保持原样。安监采纳后，调优时才会学习。</source>
        <translation>Change only what is wrong. It is learnt from once a supervisor approves it.</translation>
    </message>
    <message>
        <source>登记更正</source>
        <translation>Record the correction</translation>
    </message>
    <message>
        <source>返回</source>
        <translation>Back</translation>
    </message>
    <message>
        <source>检查</source>
        <translation>Check</translation>
    </message>
    <message>
        <source>加入</source>
        <translation>Add</translation>
    </message>
    <message>
        <source>没有认出「{typed}」是哪个工地，请从列出的里选一个。</source>
        <translation>No single site is called “{typed}”. Please pick one from the list.</translation>
    </message>
    <message>
        <source>去掉 {call}</source>
        <translation>Remove {call}</translation>
    </message>
</context>
<context>
    <name>CorrectionModel</name>
    <message>
        <source>时间</source>
        <translation>Time</translation>
    </message>
    <message>
        <source>提出人</source>
        <translation>By</translation>
    </message>
    <message>
        <source>听到的</source>
        <translation>Heard</translation>
    </message>
    <message>
        <source>更正</source>
        <translation>Correction</translation>
    </message>
    <message>
        <source>审批</source>
        <translation>Decision</translation>
    </message>
    <message>
        <source>待审批</source>
        <translation>Waiting</translation>
    </message>
    <message>
        <source>采纳</source>
        <translation>Approved</translation>
    </message>
    <message>
        <source>不采纳</source>
        <translation>Rejected</translation>
    </message>
</context>
<context>
    <name>CorrectionsPage</name>
    <message>
        <source>采纳的更正会进入调优数据；记录本身不变。</source>
        <translation>Approved corrections become training data; the record itself never changes.</translation>
    </message>
    <message>
        <source>也显示已审批的</source>
        <translation>Show decided ones too</translation>
    </message>
    <message>
        <source>更正</source>
        <translation>Corrections</translation>
    </message>
    <message>
        <source>审批说明</source>
        <translation>Remark on the decision</translation>
    </message>
    <message>
        <source>审批说明，可不填</source>
        <translation>Remark on the decision, optional</translation>
    </message>
    <message>
        <source>采纳</source>
        <translation>Approve</translation>
    </message>
    <message>
        <source>不采纳</source>
        <translation>Reject</translation>
    </message>
    <message>
        <source>查看记录</source>
        <translation>Show the record</translation>
    </message>
    <message>
        <source>还没有更正。</source>
        <translation>There are no corrections yet.</translation>
    </message>
    <message>
        <source>没有待审批的更正。</source>
        <translation>No correction waits for a decision.</translation>
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
    <name>CourseView</name>
    <message>
        <source>后续</source>
        <translation>What came later</translation>
    </message>
    <message>
        <source>较早的 {n} 条不在这里，选中一项结果即可看到它的全部经过。</source>
        <translation>{n} earlier entries are not listed; select one result to see all that was done with it.</translation>
    </message>
    <message>
        <source>有 {n} 条告警还没有人确认：{calls}</source>
        <translation>Alarms not acknowledged: {n} ({calls})</translation>
    </message>
    <message>
        <source> 等</source>
        <translation> and more</translation>
    </message>
    <message>
        <source>告警还没有人确认</source>
        <translation>Nobody has acknowledged the alarm</translation>
    </message>
    <message>
        <source>还没有人处理。</source>
        <translation>Nobody has dealt with it yet.</translation>
    </message>
</context>
<context>
    <name>CrashDialog</name>
    <message>
        <source>程序出了故障</source>
        <translation>The program has failed</translation>
    </message>
    <message>
        <source>诊断包里有日志和本机情况，没有密钥、图片和说过的话。请保存到 U 盘，交给维护人员。</source>
        <translation>The archive holds logs and facts of this machine, no keys, pictures or spoken words. Save it to a stick and give it to whoever maintains the desk.</translation>
    </message>
    <message>
        <source>保存诊断包…</source>
        <translation>Save diagnostics…</translation>
    </message>
    <message>
        <source>关闭  Esc</source>
        <translation>Close  Esc</translation>
    </message>
    <message>
        <source>没有完成（{name}）。请重试，或把日志交给维护人员。</source>
        <translation>Not completed ({name}). Please try again, or give the log to the maintainers.</translation>
    </message>
    <message>
        <source>已保存 {path}。</source>
        <translation>Saved {path}.</translation>
    </message>
</context>
<context>
    <name>CrashTeller</name>
    <message>
        <source>上次程序异常退出，崩溃记录在 {path}。</source>
        <translation>The program died last time; its stacks are in {path}.</translation>
    </message>
</context>
<context>
    <name>DatesRow</name>
    <message>
        <source>从</source>
        <translation>From</translation>
    </message>
    <message>
        <source>第一天</source>
        <translation>First day</translation>
    </message>
    <message>
        <source>到</source>
        <translation>to</translation>
    </message>
    <message>
        <source>最后一天</source>
        <translation>Last day</translation>
    </message>
    <message>
        <source>如 2026-11-01 或 11-01</source>
        <translation>2026-11-01 or 11-01</translation>
    </message>
    <message>
        <source>应用</source>
        <translation>Apply</translation>
    </message>
    <message>
        <source>收起</source>
        <translation>Close</translation>
    </message>
    <message>
        <source>「{typed}」不是日期，请写成 2026-11-01 或 11-01。</source>
        <translation>“{typed}” is no date; please write 2026-11-01 or 11-01.</translation>
    </message>
    <message>
        <source>第一天在最后一天之后，请对调。</source>
        <translation>The first day is after the last; please swap them.</translation>
    </message>
</context>
<context>
    <name>Dealing</name>
    <message>
        <source>这是一次批量查询。按 Enter 逐项列出，再选要处置的发现。</source>
        <translation>This is a sweep. Press Enter to list its findings, then choose those to deal with.</translation>
    </message>
    <message>
        <source>这条记录没有检查结果，不用处置。</source>
        <translation>This record has no findings; there is nothing to deal with.</translation>
    </message>
    <message>
        <source>其中 {n} 条之后又查过，以最新的一次为复查依据</source>
        <translation>{n} of them were asked again since; the newest answer is named as the recheck</translation>
    </message>
    <message>
        <source>前 {most} 条中有 {n} 条之后又查过，以最新的一次为复查依据；其余的不附查询结果</source>
        <translation>Of the first {most}, {n} were queried again since; the newest query is named as the recheck, the others have none.</translation>
    </message>
    <message>
        <source>之后没有再查过这一项，复查不附查询结果</source>
        <translation>It was not asked again since; the recheck names no answer</translation>
    </message>
    <message>
        <source>复查依据：{time} 的查询&#x3000;{said}</source>
        <translation>Recheck: the answer of {time}   {said}</translation>
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
        <source>现场系统已有 {n} 秒没有任何答复，查询可能停住了。可以继续等，或按 Esc 停止；原因见状态栏。</source>
        <translation>The site systems have not answered for {n} seconds; the query may be stuck. Keep waiting, or press Esc to stop. The status bar names the cause.</translation>
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
        <source>起因记在日志里（{name}）。请重新启动；若再次出现，请把文件夹 {folder} 交给维护人员。</source>
        <translation>The cause is in the log ({name}). Please start again; if it comes back, hand the folder {folder} to whoever maintains this desk.</translation>
    </message>
    <message>
        <source>无法启动</source>
        <translation>GridDesk cannot start</translation>
    </message>
</context>
<context>
    <name>Detail</name>
    <message>
        <source>← 列表</source>
        <translation>← List</translation>
    </message>
    <message>
        <source>更正…</source>
        <translation>Correct…</translation>
    </message>
    <message>
        <source>听错了或理解错了：写出实际说的话或应查的检查</source>
        <translation>Misheard or misunderstood: write what was really said or meant</translation>
    </message>
    <message>
        <source>单独打开</source>
        <translation>Own window</translation>
    </message>
    <message>
        <source>在单独的窗口里打开这条记录</source>
        <translation>Open this record in a window of its own</translation>
    </message>
    <message>
        <source>记录详情</source>
        <translation>The record in full</translation>
    </message>
    <message>
        <source>选一条记录，这里显示它的全部内容。</source>
        <translation>Choose a record; it is shown here in full.</translation>
    </message>
    <message>
        <source>第 {seq} 条&#x3000;{time}</source>
        <translation>Entry {seq}   {time}</translation>
    </message>
</context>
<context>
    <name>DisposalBar</name>
    <message>
        <source>责任人</source>
        <translation>Responsible</translation>
    </message>
    <message>
        <source>以前的责任人</source>
        <translation>People responsible before</translation>
    </message>
    <message>
        <source>返回 Esc</source>
        <translation>Back  Esc</translation>
    </message>
    <message>
        <source>原因，必填</source>
        <translation>Reason, needed</translation>
    </message>
    <message>
        <source>备注，必填</source>
        <translation>Remark, needed</translation>
    </message>
    <message>
        <source>说明，可不填</source>
        <translation>Remark, optional</translation>
    </message>
    <message>
        <source>正在找之后的查询…</source>
        <translation>Looking for later answers…</translation>
    </message>
    <message>
        <source>{step} {n} 条</source>
        <translation>{step} ({n})</translation>
    </message>
    <message>
        <source>处置：{call}&#x3000;{state}</source>
        <translation>{call}   {state}</translation>
    </message>
    <message>
        <source>处置所选 {n} 条&#x3000;{state}</source>
        <translation>Findings chosen: {n}   {state}</translation>
    </message>
</context>
<context>
    <name>DoctorPage</name>
    <message>
        <source>自检</source>
        <translation>Self-test</translation>
    </message>
    <message>
        <source>详细日志，直到程序退出</source>
        <translation>Detailed log until the program ends</translation>
    </message>
    <message>
        <source>也会记下说的话；诊断包里不含这些</source>
        <translation>It also keeps what is said; a diagnostics archive does not</translation>
    </message>
    <message>
        <source>重新检查</source>
        <translation>Check again</translation>
    </message>
    <message>
        <source>试听麦克风</source>
        <translation>Try the microphone</translation>
    </message>
    <message>
        <source>保存诊断包…</source>
        <translation>Save diagnostics…</translation>
    </message>
    <message>
        <source>关闭  Esc</source>
        <translation>Close  Esc</translation>
    </message>
    <message>
        <source>正在检查…</source>
        <translation>Checking…</translation>
    </message>
    <message>
        <source>正在保存诊断包…</source>
        <translation>Saving diagnostics…</translation>
    </message>
    <message>
        <source>请说话，正在听…</source>
        <translation>Please speak, listening…</translation>
    </message>
    <message>
        <source>没有完成（{name}）。请重试，或把日志交给维护人员。</source>
        <translation>Not completed ({name}). Please try again, or give the log to the maintainers.</translation>
    </message>
    <message>
        <source>{name}：{detail}</source>
        <translation>{name}: {detail}</translation>
    </message>
    <message>
        <source>已保存 {path}。里面没有密钥、图片和说过的话，可以交给维护人员。</source>
        <translation>Saved {path}. It holds no keys, pictures or spoken words and can be given to whoever maintains the desk.</translation>
    </message>
    <message>
        <source>{n}项都正常</source>
        <translation>All {n} are well</translation>
    </message>
    <message>
        <source>{ill}项要处理，{well}项正常</source>
        <translation>{ill} to deal with, {well} well</translation>
    </message>
    <message>
        <source>正常</source>
        <translation>well</translation>
    </message>
    <message>
        <source>要处理</source>
        <translation>to deal with</translation>
    </message>
</context>
<context>
    <name>Doing</name>
    <message>
        <source>{finding}：{cause}</source>
        <translation>{finding}: {cause}</translation>
    </message>
    <message>
        <source>已登记「{step}」{n} 条。</source>
        <translation>“{step}” recorded for {n}.</translation>
    </message>
    <message>
        <source>没有登记。{cause}</source>
        <translation>Not recorded. {cause}</translation>
    </message>
    <message>
        <source>「{step}」登记了 {n} 条，{m} 条没有登记：</source>
        <translation>“{step}” recorded for {n}, not for {m}:</translation>
    </message>
    <message>
        <source>另有 {n} 条。</source>
        <translation>{n} more.</translation>
    </message>
    <message>
        <source>更正已登记，等安监审批。</source>
        <translation>The correction is recorded and waits for a supervisor.</translation>
    </message>
    <message>
        <source>已采纳，调优时可以学习。</source>
        <translation>Approved; the model may learn from it.</translation>
    </message>
    <message>
        <source>已标为不采纳。</source>
        <translation>Rejected.</translation>
    </message>
    <message>
        <source>程序内部故障（{name}）。请重试，或把日志文件交给维护人员。</source>
        <translation>Internal fault ({name}). Try again, or give the log file to maintenance.</translation>
    </message>
</context>
<context>
    <name>Doorkeeper</name>
    <message>
        <source>没有人登录</source>
        <translation>Nobody is signed in</translation>
    </message>
    <message>
        <source>未设账户，任何人都以「{name}」的名义操作</source>
        <translation>No accounts: everybody acts as “{name}”</translation>
    </message>
    <message>
        <source>要各人登录，请点右上角「未设账户」，设置第一个账户。</source>
        <translation>To have people sign in, click “No accounts” at the top right and make the first account.</translation>
    </message>
    <message>
        <source>值班人员</source>
        <translation>On duty</translation>
    </message>
    <message>
        <source>未设账户的值班台不能锁定：没有密码可以解锁。</source>
        <translation>A desk without accounts cannot be locked: there is no password to unlock it.</translation>
    </message>
    <message>
        <source>锁屏没有写入日志：{why}</source>
        <translation>The locking of the screen is not in the log: {why}</translation>
    </message>
    <message>
        <source>退出登录没有写入日志：{why}</source>
        <translation>The signing out is not in the log: {why}</translation>
    </message>
    <message>
        <source>密码已修改。</source>
        <translation>The password was changed.</translation>
    </message>
    <message>
        <source>{who}已登录。</source>
        <translation>{who} has signed in.</translation>
    </message>
</context>
<context>
    <name>EntryModel</name>
    <message>
        <source>日志读不出来（{name}）。请把日志文件交给维护人员。</source>
        <translation>The log cannot be read ({name}). Give the log file to maintenance.</translation>
    </message>
</context>
<context>
    <name>EventModel</name>
    <message>
        <source>时间</source>
        <translation>Time</translation>
    </message>
    <message>
        <source>事件</source>
        <translation>Event</translation>
    </message>
    <message>
        <source>人员</source>
        <translation>Person</translation>
    </message>
    <message>
        <source>席位</source>
        <translation>Desk</translation>
    </message>
    <message>
        <source>对象</source>
        <translation>About</translation>
    </message>
    <message>
        <source>说明</source>
        <translation>Remark</translation>
    </message>
</context>
<context>
    <name>EventsPage</name>
    <message>
        <source>哪些事件</source>
        <translation>Which events</translation>
    </message>
    <message>
        <source>全部事件</source>
        <translation>All events</translation>
    </message>
    <message>
        <source>登录和锁屏</source>
        <translation>Sign-in and lock</translation>
    </message>
    <message>
        <source>账户</source>
        <translation>Accounts</translation>
    </message>
    <message>
        <source>导出、校验和备份</source>
        <translation>Exports, verification, backups</translation>
    </message>
    <message>
        <source>设置和诊断</source>
        <translation>Settings and diagnostics</translation>
    </message>
    <message>
        <source>值班备注</source>
        <translation>Shift notes</translation>
    </message>
    <message>
        <source>事件</source>
        <translation>Events</translation>
    </message>
    <message>
        <source>还没有这样的事件。</source>
        <translation>There are no such events yet.</translation>
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
    <name>FilterBar</name>
    <message>
        <source>时间</source>
        <translation>Time</translation>
    </message>
    <message>
        <source>处置</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>级别</source>
        <translation>Level</translation>
    </message>
    <message>
        <source>检查</source>
        <translation>Check</translation>
    </message>
    <message>
        <source>片区</source>
        <translation>Region</translation>
    </message>
    <message>
        <source>值班员</source>
        <translation>Operator</translation>
    </message>
    <message>
        <source>结果</source>
        <translation>Outcome</translation>
    </message>
    <message>
        <source>原话或结论里的字</source>
        <translation>Words heard or shown</translation>
    </message>
    <message>
        <source>文字</source>
        <translation>Words</translation>
    </message>
    <message>
        <source>全部</source>
        <translation>All</translation>
    </message>
    <message>
        <source>自选日期…</source>
        <translation>Dates…</translation>
    </message>
    <message>
        <source>所有未结的</source>
        <translation>Everything open</translation>
    </message>
    <message>
        <source>没有未结的</source>
        <translation>Nothing open</translation>
    </message>
    <message>
        <source>工地</source>
        <translation>Work site</translation>
    </message>
    <message>
        <source>最早</source>
        <translation>the beginning</translation>
    </message>
    <message>
        <source>现在</source>
        <translation>now</translation>
    </message>
    <message>
        <source>{title}：{word}</source>
        <translation>{title}: {word}</translation>
    </message>
    <message>
        <source>清除筛选</source>
        <translation>Clear filter</translation>
    </message>
    <message>
        <source>去掉筛选 {what}</source>
        <translation>Remove filter {what}</translation>
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
    <name>Gate</name>
    <message>
        <source>GridDesk 巡检值班台&#x3000;{desk}</source>
        <translation>GridDesk inspection desk   {desk}</translation>
    </message>
    <message>
        <source>退出登录</source>
        <translation>Sign out</translation>
    </message>
    <message>
        <source>重新读取账户</source>
        <translation>Read the accounts again</translation>
    </message>
    <message>
        <source>登录</source>
        <translation>Sign in</translation>
    </message>
    <message>
        <source>请登录</source>
        <translation>Please sign in</translation>
    </message>
    <message>
        <source>登录后才能查询；操作都以登录人的名义写入日志。</source>
        <translation>Sign in to ask; everything is logged in the name of whoever is signed in.</translation>
    </message>
    <message>
        <source>解锁</source>
        <translation>Unlock</translation>
    </message>
    <message>
        <source>{who}在 {time} 锁定。换人值班，请改成自己的登录名。</source>
        <translation>Locked by {who} at {time}. Somebody else on duty: enter your own login.</translation>
    </message>
    <message>
        <source>进行中的查询 {n} 条，照常完成并写入日志。</source>
        <translation>Queries under way: {n}; they are finished and logged.</translation>
    </message>
    <message>
        <source>屏幕已锁定</source>
        <translation>The screen is locked</translation>
    </message>
    <message>
        <source>{who}，现在的密码是别人设的，请先换成只有自己知道的。</source>
        <translation>{who}, somebody else set your password. Please choose one that only you know.</translation>
    </message>
    <message>
        <source>请修改密码</source>
        <translation>Please change your password</translation>
    </message>
    <message>
        <source>无法登录</source>
        <translation>Nobody can sign in</translation>
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
        <source>站点</source>
        <translation>Sites</translation>
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
        <source>日志</source>
        <translation>Log</translation>
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
        <source>清除筛选</source>
        <translation>Clear filter</translation>
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
    <message>
        <source>还没有巡检记录。说一条指令，答复就记在这里。</source>
        <translation>No records yet. Say a command: its answer is recorded here.</translation>
    </message>
</context>
<context>
    <name>LineChooser</name>
    <message>
        <source>筛选：名称或拼音</source>
        <translation>Filter: name or pinyin</translation>
    </message>
    <message>
        <source>筛选要画的线</source>
        <translation>Filter the lines to draw</translation>
    </message>
    <message>
        <source>要画的线，差的在前</source>
        <translation>Lines to draw, the worst first</translation>
    </message>
    <message>
        <source>画最差的 {n} 条</source>
        <translation>Draw the worst {n}</translation>
    </message>
    <message>
        <source>最多画 {n} 条线，请先取消一条。</source>
        <translation>At most {n} lines can be drawn. Take one away first.</translation>
    </message>
    <message>
        <source>画了 {n} 条，共 {all} 条；差的在前，计数少的排在最后</source>
        <translation>{n} of {all} drawn; the worst first, those with few counts last</translation>
    </message>
    <message>
        <source>画了 {n} 条，共 {all} 条；多的在前</source>
        <translation>{n} of {all} drawn; the most first</translation>
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
    <name>OpenAlarmsLine</name>
    <message>
        <source>未确认的告警 {n} 条，最早的从 {time} 起。</source>
        <translation>Open alarms: {n}, the oldest since {time}.</translation>
    </message>
    <message>
        <source>未确认的告警 {n} 条，最早的在 {time} 之前。</source>
        <translation>Open alarms: {n}, the oldest before {time}.</translation>
    </message>
    <message>
        <source>解锁后确认。</source>
        <translation>Unlock to acknowledge.</translation>
    </message>
    <message>
        <source>登录后确认。</source>
        <translation>Sign in to acknowledge.</translation>
    </message>
    <message>
        <source>日志里的告警读不出来，可能还有别的。</source>
        <translation>The alarms in the log cannot be read; there may be more.</translation>
    </message>
</context>
<context>
    <name>PasswordForm</name>
    <message>
        <source>原密码</source>
        <translation>Old password</translation>
    </message>
    <message>
        <source>新密码</source>
        <translation>New password</translation>
    </message>
    <message>
        <source>再输一遍新密码</source>
        <translation>New password again</translation>
    </message>
    <message>
        <source>两遍新密码不一样，请重新输入。</source>
        <translation>The two new passwords differ. Please type them again.</translation>
    </message>
    <message>
        <source>大写锁定（Caps Lock）打开着</source>
        <translation>Caps Lock is on</translation>
    </message>
    <message>
        <source>正在保存…</source>
        <translation>Saving…</translation>
    </message>
    <message>
        <source>修改密码</source>
        <translation>Change password</translation>
    </message>
</context>
<context>
    <name>PasswordWindow</name>
    <message>
        <source>修改密码</source>
        <translation>Change password</translation>
    </message>
    <message>
        <source>取消</source>
        <translation>Cancel</translation>
    </message>
</context>
<context>
    <name>PersonButton</name>
    <message>
        <source>{name} · {role}</source>
        <translation>{name} · {role}</translation>
    </message>
    <message>
        <source>{name}（{role}），登录名 {login}</source>
        <translation>{name} ({role}), login {login}</translation>
    </message>
    <message>
        <source>未登录</source>
        <translation>Not signed in</translation>
    </message>
    <message>
        <source>未设账户</source>
        <translation>No accounts</translation>
    </message>
    <message>
        <source>任何人都以「{name}」的名义操作，日志里分不清是谁。要各人登录，请点这里设置第一个账户（运维）。</source>
        <translation>Everybody acts as “{name}”, and the log cannot tell who it was. To have people sign in, click here and make the first account (installer).</translation>
    </message>
    <message>
        <source>值班人员：{text}</source>
        <translation>On duty: {text}</translation>
    </message>
    <message>
        <source>设置第一个账户…</source>
        <translation>Make the first account…</translation>
    </message>
    <message>
        <source>锁定屏幕</source>
        <translation>Lock the screen</translation>
    </message>
    <message>
        <source>修改密码…</source>
        <translation>Change password…</translation>
    </message>
    <message>
        <source>退出登录</source>
        <translation>Sign out</translation>
    </message>
    <message>
        <source>账户…</source>
        <translation>Accounts…</translation>
    </message>
</context>
<context>
    <name>PersonForm</name>
    <message>
        <source>登录名</source>
        <translation>Login</translation>
    </message>
    <message>
        <source>姓名</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>角色</source>
        <translation>Role</translation>
    </message>
    <message>
        <source>初始密码</source>
        <translation>First password</translation>
    </message>
    <message>
        <source>字母、数字、汉字，例如 wangjg</source>
        <translation>Letters, digits, Chinese; for example wangjg</translation>
    </message>
    <message>
        <source>换一个</source>
        <translation>Another</translation>
    </message>
    <message>
        <source>生成另一个初始密码</source>
        <translation>Make another first password</translation>
    </message>
    <message>
        <source>返回</source>
        <translation>Back</translation>
    </message>
    <message>
        <source>新增账户</source>
        <translation>New account</translation>
    </message>
    <message>
        <source>设置第一个账户（运维）</source>
        <translation>Make the first account (installer)</translation>
    </message>
    <message>
        <source>从此各人要登录才能操作。这个账户管理其他账户；密码请自己定，至少 {n} 个字符，登录后还要改一次。</source>
        <translation>From now on everybody has to sign in. This account keeps the others. Choose a password of at least {n} characters; it is changed once more after signing in.</translation>
    </message>
    <message>
        <source>建立账户</source>
        <translation>Make the account</translation>
    </message>
    <message>
        <source>修改「{login}」</source>
        <translation>Change “{login}”</translation>
    </message>
    <message>
        <source>已写入日志的姓名和角色不会改变。</source>
        <translation>Names and roles that are in the log do not change.</translation>
    </message>
    <message>
        <source>保存修改</source>
        <translation>Save</translation>
    </message>
    <message>
        <source>重设「{login}」的密码</source>
        <translation>Reset the password of “{login}”</translation>
    </message>
    <message>
        <source>重设密码</source>
        <translation>Reset password</translation>
    </message>
    <message>
        <source>请把初始密码告诉本人；第一次登录时必须改成自己的。</source>
        <translation>Tell the first password to its owner, who must change it at the first sign-in.</translation>
    </message>
</context>
<context>
    <name>PointBar</name>
    <message>
        <source>查看记录</source>
        <translation>Show records</translation>
    </message>
    <message>
        <source>只看{severity}</source>
        <translation>Only {severity}</translation>
    </message>
    <message>
        <source>存为 PDF 或图片…</source>
        <translation>Save as PDF or picture…</translation>
    </message>
    <message>
        <source>选一个点：{opens}</source>
        <translation>Choose a point: {opens}</translation>
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
    <name>RecordPage</name>
    <message>
        <source>复制全部内容</source>
        <translation>Copy everything</translation>
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
        <translation>Open its folder</translation>
    </message>
    <message>
        <source>同一次查询的全部结果</source>
        <translation>All findings of the same command</translation>
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
</context>
<context>
    <name>RecordsPage</name>
    <message>
        <source>清除筛选</source>
        <translation>Clear filter</translation>
    </message>
    <message>
        <source>没有符合筛选的记录。</source>
        <translation>No record matches the filter.</translation>
    </message>
    <message>
        <source>还没有巡检记录。回值班台查一次，答复就记在这里。</source>
        <translation>No records yet. Ask at the desk: the answer is recorded here.</translation>
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
    <name>ReportForm</name>
    <message>
        <source>交接班报告</source>
        <translation>Shift report</translation>
    </message>
    <message>
        <source>月度汇总</source>
        <translation>Monthly summary</translation>
    </message>
    <message>
        <source>筛选出的记录</source>
        <translation>Records found by the filter</translation>
    </message>
    <message>
        <source>内容</source>
        <translation>Content</translation>
    </message>
    <message>
        <source>格式</source>
        <translation>Form</translation>
    </message>
    <message>
        <source>从上次交接班起</source>
        <translation>Since the last hand-over</translation>
    </message>
    <message>
        <source>开始时间接上一份交接班报告，不漏掉运行</source>
        <translation>Begins where the last shift report ended, so that no run is missing</translation>
    </message>
    <message>
        <source>浏览…</source>
        <translation>Browse…</translation>
    </message>
    <message>
        <source>开始时间</source>
        <translation>From</translation>
    </message>
    <message>
        <source>结束时间</source>
        <translation>Until</translation>
    </message>
    <message>
        <source>交班人</source>
        <translation>Handing over</translation>
    </message>
    <message>
        <source>接班人</source>
        <translation>Taking over</translation>
    </message>
    <message>
        <source>月份</source>
        <translation>Month</translation>
    </message>
    <message>
        <source>保存到</source>
        <translation>Save to</translation>
    </message>
    <message>
        <source>本班的发现和图片、未结、没有答复的工地、备注和更正，供双方签名。</source>
        <translation>What the shift found, with pictures; what is open; sites without an answer, notes and corrections; to be signed by both.</translation>
    </message>
    <message>
        <source>各地区和工地每周的比率、发现、确认和关闭用时；每个数都写明怎样统计。</source>
        <translation>Rates of each region and site by week, findings, times to acknowledge and to close; each figure says how it is counted.</translation>
    </message>
    <message>
        <source>审阅窗口里现在筛选出的记录，和以后对它们的处置。</source>
        <translation>The records that the review window shows now, and what was done about them.</translation>
    </message>
    <message>
        <source>「{typed}」看不懂，请写成 {example}。</source>
        <translation>“{typed}” is not understood. Write it like {example}.</translation>
    </message>
</context>
<context>
    <name>ReportWindow</name>
    <message>
        <source>报表和导出</source>
        <translation>Reports and exports</translation>
    </message>
    <message>
        <source>打开所在文件夹</source>
        <translation>Open its folder</translation>
    </message>
    <message>
        <source>关闭</source>
        <translation>Close</translation>
    </message>
    <message>
        <source>停止</source>
        <translation>Stop</translation>
    </message>
    <message>
        <source>生成</source>
        <translation>Write</translation>
    </message>
    <message>
        <source>替换原有文件</source>
        <translation>Replace the file</translation>
    </message>
    <message>
        <source>日志里没有最近的交接班报告，请填写开始时间。</source>
        <translation>The log has no recent shift report. Type when the shift began.</translation>
    </message>
    <message>
        <source>正在读取日志…</source>
        <translation>Reading the log…</translation>
    </message>
    <message>
        <source>已停止，没有写出文件。</source>
        <translation>Stopped. No file was written.</translation>
    </message>
    <message>
        <source>程序内部故障（{name}）。请重试，或把日志文件交给维护人员。</source>
        <translation>Internal fault ({name}). Try again, or give the log file to whoever maintains the program.</translation>
    </message>
    <message>
        <source>已写入 {path}，共 {n} 条记录。</source>
        <translation>Written to {path}. Records: {n}.</translation>
    </message>
    <message>
        <source>已读取 {n} 条记录…</source>
        <translation>{n} records read…</translation>
    </message>
</context>
<context>
    <name>ReviewModel</name>
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
        <source>处置</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>值班员</source>
        <translation>By</translation>
    </message>
</context>
<context>
    <name>ReviewTable</name>
    <message>
        <source>审阅记录</source>
        <translation>Records under review</translation>
    </message>
    <message>
        <source>以下在列出时没有待处置的发现&#x3000;F5 重新排列</source>
        <translation>Nothing below was open when it was listed    F5 sorts anew</translation>
    </message>
</context>
<context>
    <name>ReviewWindow</name>
    <message>
        <source>GridDesk 审阅</source>
        <translation>GridDesk review</translation>
    </message>
    <message>
        <source>报表和导出…</source>
        <translation>Reports, export…</translation>
    </message>
    <message>
        <source>把现在筛选出的记录做成报表或导出文件</source>
        <translation>Make a report or a file of the records found</translation>
    </message>
    <message>
        <source>记录</source>
        <translation>Records</translation>
    </message>
    <message>
        <source>更正</source>
        <translation>Corrections</translation>
    </message>
    <message>
        <source>事件</source>
        <translation>Events</translation>
    </message>
    <message>
        <source>校验</source>
        <translation>Verify</translation>
    </message>
    <message>
        <source>回值班台  {key}</source>
        <translation>To the desk  {key}</translation>
    </message>
    <message>
        <source>{n} 条告警待确认，回值班台  {key}</source>
        <translation>Open alarms: {n}, to the desk  {key}</translation>
    </message>
    <message>
        <source>未结 ？ 条</source>
        <translation>? open</translation>
    </message>
    <message>
        <source>未结 {n} 条</source>
        <translation>{n} open</translation>
    </message>
    <message>
        <source>没有未结的发现</source>
        <translation>No open findings</translation>
    </message>
    <message>
        <source>更正（{n} 待审）</source>
        <translation>Corrections ({n})</translation>
    </message>
</context>
<context>
    <name>Reviewing</name>
    <message>
        <source>审阅 F6</source>
        <translation>Review F6</translation>
    </message>
    <message>
        <source>审阅</source>
        <translation>Review</translation>
    </message>
    <message>
        <source>查找记录，处置发现，校验日志</source>
        <translation>Find records, deal with findings, verify the log</translation>
    </message>
</context>
<context>
    <name>RoleChoice</name>
    <message>
        <source>可以：{rights}</source>
        <translation>May: {rights}</translation>
    </message>
</context>
<context>
    <name>Rows</name>
    <message>
        <source>筛选：名称、键或说明  Ctrl+F</source>
        <translation>Filter: name, key or description  Ctrl+F</translation>
    </message>
    <message>
        <source>筛选设置</source>
        <translation>Filter settings</translation>
    </message>
    <message>
        <source>设置的各部分</source>
        <translation>Sections of the settings</translation>
    </message>
    <message>
        <source>设置</source>
        <translation>Settings</translation>
    </message>
    <message>
        <source>没有这样的设置。可以按名称、键或说明里的字找。</source>
        <translation>No such setting. Search for words of its name, key or description.</translation>
    </message>
</context>
<context>
    <name>RowsField</name>
    <message>
        <source>添加一行</source>
        <translation>Add a row</translation>
    </message>
    <message>
        <source>{name}：添加一行</source>
        <translation>{name}: add a row</translation>
    </message>
    <message>
        <source>有一行没有名称。</source>
        <translation>A row has no name.</translation>
    </message>
    <message>
        <source>名称「{name}」有两行。</source>
        <translation>Two rows have the name “{name}”.</translation>
    </message>
    <message>
        <source>名称</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>内容</source>
        <translation>Value</translation>
    </message>
    <message>
        <source>移除</source>
        <translation>Remove</translation>
    </message>
    <message>
        <source>{name}：移除这一行</source>
        <translation>{name}: remove this row</translation>
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
    <name>SavedFilters</name>
    <message>
        <source>筛选的名称</source>
        <translation>Name of the filter</translation>
    </message>
    <message>
        <source>名称，例如 本周未结的告警</source>
        <translation>Name, for example: open alarms of the week</translation>
    </message>
    <message>
        <source>保存</source>
        <translation>Save</translation>
    </message>
    <message>
        <source>返回</source>
        <translation>Back</translation>
    </message>
    <message>
        <source>常用筛选</source>
        <translation>Saved filters</translation>
    </message>
    <message>
        <source>常用筛选 {name}</source>
        <translation>Saved filters {name}</translation>
    </message>
    <message>
        <source>保存当前筛选…</source>
        <translation>Save this filter…</translation>
    </message>
    <message>
        <source>删除</source>
        <translation>Delete</translation>
    </message>
    <message>
        <source>已删除常用筛选「{name}」。</source>
        <translation>The filter “{name}” was deleted.</translation>
    </message>
    <message>
        <source>覆盖同名的</source>
        <translation>Overwrite</translation>
    </message>
    <message>
        <source>已保存常用筛选「{name}」。</source>
        <translation>The filter “{name}” was saved.</translation>
    </message>
</context>
<context>
    <name>SettingRow</name>
    <message>
        <source>恢复默认</source>
        <translation>Restore default</translation>
    </message>
    <message>
        <source>恢复默认：{name}</source>
        <translation>Restore default: {name}</translation>
    </message>
    <message>
        <source>默认 {default}&#x3000;{when}</source>
        <translation>Default {default}   {when}</translation>
    </message>
    <message>
        <source>保存后立即生效</source>
        <translation>Applies as soon as it is saved</translation>
    </message>
    <message>
        <source>下次启动时生效</source>
        <translation>Applies at the next start</translation>
    </message>
    <message>
        <source>不能留空。</source>
        <translation>It must not be empty.</translation>
    </message>
    <message>
        <source>▲ 未保存</source>
        <translation>▲ not saved</translation>
    </message>
    <message>
        <source>● 与默认值不同</source>
        <translation>● not the default</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>设置</source>
        <translation>Settings</translation>
    </message>
    <message>
        <source>高级设置</source>
        <translation>Advanced</translation>
    </message>
    <message>
        <source>也显示很少需要改的设置</source>
        <translation>Also show settings that rarely need a change</translation>
    </message>
    <message>
        <source>导入…</source>
        <translation>Import…</translation>
    </message>
    <message>
        <source>采用另一个席位导出的设置，先看会改什么</source>
        <translation>Take settings exported at another desk; what will change is shown first</translation>
    </message>
    <message>
        <source>导出…</source>
        <translation>Export…</translation>
    </message>
    <message>
        <source>写成文件，给另一个席位；没有密钥和本席位的名字</source>
        <translation>Write a file for another desk, without secrets and the names of this desk</translation>
    </message>
    <message>
        <source>保存…  Ctrl+S</source>
        <translation>Save…  Ctrl+S</translation>
    </message>
    <message>
        <source>关闭  Esc</source>
        <translation>Close  Esc</translation>
    </message>
    <message>
        <source>已导入{n}项。</source>
        <translation>Imported: {n}.</translation>
    </message>
    <message>
        <source>{n}项不可用</source>
        <translation>{n} not usable</translation>
    </message>
    <message>
        <source>{n}项不可用，没有保存。请先改正。</source>
        <translation>{n} not allowed; nothing was saved. Please correct first.</translation>
    </message>
    <message>
        <source>保存这{n}项改动吗？</source>
        <translation>Save these changes ({n})?</translation>
    </message>
    <message>
        <source>保存</source>
        <translation>Save</translation>
    </message>
    <message>
        <source>设置文件 (*.toml)</source>
        <translation>Settings files (*.toml)</translation>
    </message>
    <message>
        <source>导出设置</source>
        <translation>Export settings</translation>
    </message>
    <message>
        <source>导入设置</source>
        <translation>Import settings</translation>
    </message>
    <message>
        <source>还在处理，完成后关闭本页。</source>
        <translation>Still at work; this page closes when it is done.</translation>
    </message>
    <message>
        <source>有{n}项改动没有保存</source>
        <translation>Changes that are not saved: {n}</translation>
    </message>
    <message>
        <source>不保存</source>
        <translation>Do not save</translation>
    </message>
    <message>
        <source>已保存。</source>
        <translation>Saved.</translation>
    </message>
    <message>
        <source>下次启动时生效：{names}。</source>
        <translation>Applies at the next start: {names}.</translation>
    </message>
    <message>
        <source>已导出到 {path}。没有导出本席位自己的：{names}。密钥不在设置里。</source>
        <translation>Exported to {path}. Not exported, as they are this desk&apos;s own: {names}. Settings hold no secrets.</translation>
    </message>
    <message>
        <source>属于另一个席位，不导入：{names}。</source>
        <translation>These belong to the other desk and are not imported: {names}.</translation>
    </message>
    <message>
        <source>「{name}」里没有不同的设置，没有改动。</source>
        <translation>“{name}” has no setting that differs; nothing was changed.</translation>
    </message>
    <message>
        <source>导入「{name}」，修改这{n}项吗？</source>
        <translation>Import “{name}” and change these settings ({n})?</translation>
    </message>
    <message>
        <source>导入</source>
        <translation>Import</translation>
    </message>
    <message>
        <source>原来的设置保存为 {name}。</source>
        <translation>The former settings are kept as {name}.</translation>
    </message>
    <message>
        <source>请先改正「{path}」，或把它移走，再打开本页。</source>
        <translation>Please correct “{path}”, or move it away, and open this page again.</translation>
    </message>
    <message>
        <source>{n}项没有保存</source>
        <translation>{n} not saved</translation>
    </message>
    <message>
        <source>{name}（{key}）</source>
        <translation>{name} ({key})</translation>
    </message>
</context>
<context>
    <name>SignInForm</name>
    <message>
        <source>登录名</source>
        <translation>Login</translation>
    </message>
    <message>
        <source>密码</source>
        <translation>Password</translation>
    </message>
    <message>
        <source>大写锁定（Caps Lock）打开着</source>
        <translation>Caps Lock is on</translation>
    </message>
    <message>
        <source>现在可以再试了。</source>
        <translation>You can try again now.</translation>
    </message>
    <message>
        <source>正在核对…</source>
        <translation>Checking…</translation>
    </message>
    <message>
        <source>账户锁定中，还剩 {minutes}:{seconds}</source>
        <translation>Account locked, {minutes}:{seconds} left</translation>
    </message>
</context>
<context>
    <name>SiteField</name>
    <message>
        <source>符合的工地</source>
        <translation>Sites that fit</translation>
    </message>
    <message>
        <source>工地</source>
        <translation>Work site</translation>
    </message>
    <message>
        <source>工地：名称或拼音</source>
        <translation>Site: name or pinyin</translation>
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
        <source>全部自检…</source>
        <translation>Full self-test…</translation>
    </message>
    <message>
        <source>设置…</source>
        <translation>Settings…</translation>
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
    <name>SwitchField</name>
    <message>
        <source>开</source>
        <translation>On</translation>
    </message>
    <message>
        <source>关</source>
        <translation>Off</translation>
    </message>
</context>
<context>
    <name>TextField</name>
    <message>
        <source>（空）</source>
        <translation>(empty)</translation>
    </message>
</context>
<context>
    <name>TrendChart</name>
    <message>
        <source>趋势图</source>
        <translation>Trend chart</translation>
    </message>
</context>
<context>
    <name>TrendChoices</name>
    <message>
        <source>指标</source>
        <translation>Measure</translation>
    </message>
    <message>
        <source>时间</source>
        <translation>Time</translation>
    </message>
    <message>
        <source>粒度</source>
        <translation>Spans</translation>
    </message>
    <message>
        <source>分线</source>
        <translation>Lines</translation>
    </message>
    <message>
        <source>片区</source>
        <translation>Region</translation>
    </message>
    <message>
        <source>检查</source>
        <translation>Check</translation>
    </message>
    <message>
        <source>从</source>
        <translation>From</translation>
    </message>
    <message>
        <source>到</source>
        <translation>To</translation>
    </message>
    <message>
        <source>放大纵轴</source>
        <translation>Zoom the axis</translation>
    </message>
    <message>
        <source>只画数值所在的一段；不从 0 开始时，纵轴画成断开的</source>
        <translation>Draws only where the values are; an axis that does not begin at 0 is drawn torn</translation>
    </message>
</context>
<context>
    <name>TrendTable</name>
    <message>
        <source>条数</source>
        <translation>Number</translation>
    </message>
    <message>
        <source>比率</source>
        <translation>Rate</translation>
    </message>
    <message>
        <source>时间</source>
        <translation>Time</translation>
    </message>
    <message>
        <source>线</source>
        <translation>Line</translation>
    </message>
    <message>
        <source>计数</source>
        <translation>Counted</translation>
    </message>
    <message>
        <source>巡检次数</source>
        <translation>Runs</translation>
    </message>
    <message>
        <source>说明</source>
        <translation>Remark</translation>
    </message>
    <message>
        <source>没有计数</source>
        <translation>not counted</translation>
    </message>
</context>
<context>
    <name>TrendView</name>
    <message>
        <source>趋势的数值</source>
        <translation>Values of the trend</translation>
    </message>
    <message>
        <source>{span}  {name}  没有计数</source>
        <translation>{span}  {name}  not counted</translation>
    </message>
</context>
<context>
    <name>TrendsPage</name>
    <message>
        <source>时间太长：{bucket}有 {n} 个点，最多 {most} 个。请把时间缩短，或选更粗的粒度。</source>
        <translation>Too long a time: {n} points {bucket}, at most {most}. Choose a shorter time or longer spans.</translation>
    </message>
    <message>
        <source>趋势没有读出来（{name}）。请重试。</source>
        <translation>The trend could not be read ({name}). Try again.</translation>
    </message>
    <message>
        <source>重试</source>
        <translation>Try again</translation>
    </message>
    <message>
        <source>看最近 12 个月</source>
        <translation>Show the last 12 months</translation>
    </message>
    <message>
        <source>已存为 {path}</source>
        <translation>Saved as {path}</translation>
    </message>
    <message>
        <source>正在读取日志…</source>
        <translation>Reading the log…</translation>
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
    <name>asking</name>
    <message>
        <source>诊断包 (*.zip)</source>
        <translation>Diagnostics (*.zip)</translation>
    </message>
    <message>
        <source>保存诊断包</source>
        <translation>Save diagnostics</translation>
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
        <source>证据图的路径不在证据文件夹内，没有打开。请报告安监人员。</source>
        <translation>The picture&apos;s path lies outside of the evidence folder; it was not opened. Please tell the supervisor.</translation>
    </message>
    <message>
        <source>找不到证据图 {path}，可能已被移走或删除。请从备份里找回；下面的指纹能核对找回的是不是原来那一张。</source>
        <translation>The picture {path} is not there; it may have been moved or deleted. Please bring it back from a backup: the fingerprint below tells whether it is the same one.</translation>
    </message>
    <message>
        <source>证据图 {path} 与记录的指纹不符，可能被改动过。它不能作证据；请报告安监人员，并从备份里找回原图。</source>
        <translation>The picture {path} does not have the recorded fingerprint; it may have been changed. It is no evidence: please tell the supervisor, and bring the original back from a backup.</translation>
    </message>
    <message>
        <source>证据图 {path} 的格式无法显示，指纹相符。请把这个文件交给维护人员。</source>
        <translation>The picture {path} is as recorded, but cannot be shown. Please hand the file to whoever maintains this desk.</translation>
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
        <source>审阅：查找记录，处置发现</source>
        <translation>Review: find records, deal with findings</translation>
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
        <source>锁定屏幕（有账户时）</source>
        <translation>Lock the screen (with accounts)</translation>
    </message>
    <message>
        <source>自检：每一部分的情况，保存诊断包</source>
        <translation>Self-test: how every part is, and diagnostics to save</translation>
    </message>
    <message>
        <source>设置：查看和修改，导入和导出</source>
        <translation>Settings: look, change, import and export</translation>
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
    <message>
        <source>账户</source>
        <translation>Accounts</translation>
    </message>
    <message>
        <source>运行环境</source>
        <translation>Python and system</translation>
    </message>
    <message>
        <source>程序库</source>
        <translation>Libraries</translation>
    </message>
    <message>
        <source>界面所需的系统库</source>
        <translation>System libraries of the window</translation>
    </message>
    <message>
        <source>录音所需的系统库</source>
        <translation>System libraries of recording</translation>
    </message>
    <message>
        <source>朗读所需的系统库</source>
        <translation>System libraries of reading aloud</translation>
    </message>
    <message>
        <source>显示器</source>
        <translation>Display</translation>
    </message>
    <message>
        <source>中文字体</source>
        <translation>Chinese font</translation>
    </message>
    <message>
        <source>数据文件夹</source>
        <translation>Data folder</translation>
    </message>
    <message>
        <source>磁盘空间</source>
        <translation>Disk space</translation>
    </message>
    <message>
        <source>模型</source>
        <translation>Model</translation>
    </message>
    <message>
        <source>日志链</source>
        <translation>Chain of the log</translation>
    </message>
    <message>
        <source>系统时钟</source>
        <translation>Clock</translation>
    </message>
    <message>
        <source>模型语句</source>
        <translation>Model&apos;s sentences</translation>
    </message>
    <message>
        <source>麦克风音量</source>
        <translation>Microphone level</translation>
    </message>
    <message>
        <source>本机配置</source>
        <translation>Configuration</translation>
    </message>
</context>
<context>
    <name>people</name>
    <message>
        <source>{a}{b}</source>
        <translation>{a} {b}</translation>
    </message>
    <message>
        <source>值班员</source>
        <translation>Operator</translation>
    </message>
    <message>
        <source>安监</source>
        <translation>Supervisor</translation>
    </message>
    <message>
        <source>运维</source>
        <translation>Installer</translation>
    </message>
    <message>
        <source>调优</source>
        <translation>Tuner</translation>
    </message>
    <message>
        <source>查询</source>
        <translation>ask</translation>
    </message>
    <message>
        <source>确认告警</source>
        <translation>acknowledge alarms</translation>
    </message>
    <message>
        <source>查看日志</source>
        <translation>look through the log</translation>
    </message>
    <message>
        <source>处置</source>
        <translation>deal with findings</translation>
    </message>
    <message>
        <source>更正</source>
        <translation>correct</translation>
    </message>
    <message>
        <source>审批更正</source>
        <translation>approve corrections</translation>
    </message>
    <message>
        <source>导出</source>
        <translation>export</translation>
    </message>
    <message>
        <source>交接班</source>
        <translation>hand over the shift</translation>
    </message>
    <message>
        <source>签名链头</source>
        <translation>sign the head of the chain</translation>
    </message>
    <message>
        <source>备份</source>
        <translation>back up</translation>
    </message>
    <message>
        <source>管理账户</source>
        <translation>keep accounts</translation>
    </message>
    <message>
        <source>修改设置</source>
        <translation>change settings</translation>
    </message>
    <message>
        <source>管理适配器</source>
        <translation>manage adapters</translation>
    </message>
    <message>
        <source>{name}（{role}）</source>
        <translation>{name} ({role})</translation>
    </message>
    <message>
        <source>{role}不能{what}，请由{who}登录后操作。</source>
        <translation>{role}: may not {what}. Who may, signed in: {who}.</translation>
    </message>
    <message>
        <source>程序内部故障（{name}）。请重试；若再次出现，请把日志文件交给维护人员。</source>
        <translation>Internal fault ({name}). Please try again; if it comes back, give the log file to the maintainers.</translation>
    </message>
    <message>
        <source>新密码至少 {n} 个字符，只用字母、数字和符号，不能是登录名、姓名、原密码或常见密码。几个词的拼音连在一起，好记也难猜。</source>
        <translation>At least {n} characters; only letters, digits and symbols; not your login, name or old password, nor a common one. A few unrelated words are easy to remember and hard to guess.</translation>
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
    <name>record</name>
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
        <translation>By</translation>
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
        <source>朗读</source>
        <translation>Read aloud</translation>
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
        <source>改自运行</source>
        <translation>Edited from run</translation>
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
        <source>模型原句</source>
        <translation>Model&apos;s words</translation>
    </message>
    <message>
        <source>{begun} 至 {ended}（本机时钟）</source>
        <translation>{begun} to {ended} (this machine&apos;s clock)</translation>
    </message>
    <message>
        <source>读法</source>
        <translation>Read by</translation>
    </message>
    <message>
        <source>理解为</source>
        <translation>Understood</translation>
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
        <translation>Remark</translation>
    </message>
    <message>
        <source>依据 · {kind}</source>
        <translation>Reason · {kind}</translation>
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
        <source>候选</source>
        <translation>Candidates</translation>
    </message>
    <message>
        <source>答复</source>
        <translation>Reply</translation>
    </message>
    <message>
        <source>判定规则</source>
        <translation>Rule</translation>
    </message>
    <message>
        <source>{time}（来源系统的时钟）</source>
        <translation>{time} (the source&apos;s clock)</translation>
    </message>
    <message>
        <source>检测时间</source>
        <translation>Observed</translation>
    </message>
    <message>
        <source>实到等于应到</source>
        <translation>present = expected</translation>
    </message>
    <message>
        <source>实到少于应到</source>
        <translation>present fewer than expected</translation>
    </message>
    <message>
        <source>实到多于应到</source>
        <translation>present more than expected</translation>
    </message>
    <message>
        <source>没有工单，却有人</source>
        <translation>no work order, yet people</translation>
    </message>
    <message>
        <source>没有工单，也没有人</source>
        <translation>no work order and nobody there</translation>
    </message>
    <message>
        <source>现场没有人，无从检查</source>
        <translation>nobody there to check</translation>
    </message>
    <message>
        <source>戴帽人数等于实到</source>
        <translation>hard hats = present</translation>
    </message>
    <message>
        <source>戴帽人数少于实到</source>
        <translation>hard hats fewer than present</translation>
    </message>
    <message>
        <source>携带人数等于实到</source>
        <translation>equipped = present</translation>
    </message>
    <message>
        <source>携带人数少于实到</source>
        <translation>equipped fewer than present</translation>
    </message>
    <message>
        <source>没有可用的数字，不作判定</source>
        <translation>no usable number, no verdict</translation>
    </message>
    <message>
        <source>系统答复</source>
        <translation>System</translation>
    </message>
    <message>
        <source>工单</source>
        <translation>Work orders</translation>
    </message>
    <message>
        <source>检测</source>
        <translation>Detection</translation>
    </message>
    <message>
        <source>试了 {n} 次</source>
        <translation>tries: {n}</translation>
    </message>
    <message>
        <source>正常</source>
        <translation>OK</translation>
    </message>
    <message>
        <source>证据图 {i}/{n}</source>
        <translation>Evidence {i}/{n}</translation>
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
        <source>逐词把握</source>
        <translation>Word by word</translation>
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
        <source>静音</source>
        <translation>muted</translation>
    </message>
    <message>
        <source>没有打开</source>
        <translation>off</translation>
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
        <translation>ask</translation>
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
    <name>review</name>
    <message>
        <source>{finding}：{what}</source>
        <translation>{finding}: {what}</translation>
    </message>
    <message>
        <source>确认告警</source>
        <translation>Alarm acknowledged</translation>
    </message>
    <message>
        <source>责任人 {name}</source>
        <translation>responsible: {name}</translation>
    </message>
    <message>
        <source>依据运行 {id}</source>
        <translation>by run {id}</translation>
    </message>
    <message>
        <source>原话应为「{text}」</source>
        <translation>Really said: “{text}”</translation>
    </message>
    <message>
        <source>应查 {calls}</source>
        <translation>should ask {calls}</translation>
    </message>
    <message>
        <source>更正：{what}</source>
        <translation>Correction: {what}</translation>
    </message>
    <message>
        <source>采纳更正</source>
        <translation>Correction approved</translation>
    </message>
    <message>
        <source>不采纳更正</source>
        <translation>Correction rejected</translation>
    </message>
    <message>
        <source>派发</source>
        <translation>Dispatch</translation>
    </message>
    <message>
        <source>整改</source>
        <translation>Put right</translation>
    </message>
    <message>
        <source>复查</source>
        <translation>Recheck</translation>
    </message>
    <message>
        <source>关闭</source>
        <translation>Close</translation>
    </message>
    <message>
        <source>误报</source>
        <translation>False alarm</translation>
    </message>
    <message>
        <source>重新打开</source>
        <translation>Reopen</translation>
    </message>
    <message>
        <source>备注</source>
        <translation>Remark</translation>
    </message>
    <message>
        <source>无需处置</source>
        <translation>Nothing to do</translation>
    </message>
    <message>
        <source>待处置</source>
        <translation>Open</translation>
    </message>
    <message>
        <source>已派发</source>
        <translation>Dispatched</translation>
    </message>
    <message>
        <source>已整改</source>
        <translation>Put right</translation>
    </message>
    <message>
        <source>已复查</source>
        <translation>Rechecked</translation>
    </message>
    <message>
        <source>已关闭</source>
        <translation>Closed</translation>
    </message>
    <message>
        <source>登录</source>
        <translation>Sign-in</translation>
    </message>
    <message>
        <source>登录失败</source>
        <translation>Sign-in failed</translation>
    </message>
    <message>
        <source>账户锁定</source>
        <translation>Account locked</translation>
    </message>
    <message>
        <source>退出登录</source>
        <translation>Sign-out</translation>
    </message>
    <message>
        <source>锁屏</source>
        <translation>Screen locked</translation>
    </message>
    <message>
        <source>解锁</source>
        <translation>Unlocked</translation>
    </message>
    <message>
        <source>修改密码</source>
        <translation>Password changed</translation>
    </message>
    <message>
        <source>新增账户</source>
        <translation>Account added</translation>
    </message>
    <message>
        <source>变更账户</source>
        <translation>Account changed</translation>
    </message>
    <message>
        <source>导出</source>
        <translation>Export</translation>
    </message>
    <message>
        <source>校验日志</source>
        <translation>Log verified</translation>
    </message>
    <message>
        <source>导出链头</source>
        <translation>Head exported</translation>
    </message>
    <message>
        <source>备份日志</source>
        <translation>Log backed up</translation>
    </message>
    <message>
        <source>恢复日志</source>
        <translation>Log restored</translation>
    </message>
    <message>
        <source>修改设置</source>
        <translation>Settings changed</translation>
    </message>
    <message>
        <source>保存诊断包</source>
        <translation>Diagnostics saved</translation>
    </message>
    <message>
        <source>生成签名私钥</source>
        <translation>Signing key made</translation>
    </message>
    <message>
        <source>删除到期录音</source>
        <translation>Old recordings deleted</translation>
    </message>
    <message>
        <source>值班备注</source>
        <translation>Shift note</translation>
    </message>
    <message>
        <source>今天</source>
        <translation>Today</translation>
    </message>
    <message>
        <source>本班（近 12 小时）</source>
        <translation>This shift (12 hours)</translation>
    </message>
    <message>
        <source>近 7 天</source>
        <translation>Last 7 days</translation>
    </message>
    <message>
        <source>本月</source>
        <translation>This month</translation>
    </message>
</context>
<context>
    <name>settings</name>
    <message>
        <source>席位</source>
        <translation>Desk</translation>
    </message>
    <message>
        <source>麦克风</source>
        <translation>Microphone</translation>
    </message>
    <message>
        <source>语音识别</source>
        <translation>Speech recognition</translation>
    </message>
    <message>
        <source>语言模型</source>
        <translation>Language model</translation>
    </message>
    <message>
        <source>站点系统</source>
        <translation>Site systems</translation>
    </message>
    <message>
        <source>界面</source>
        <translation>Appearance</translation>
    </message>
    <message>
        <source>窗口</source>
        <translation>Window</translation>
    </message>
    <message>
        <source>巡检日志</source>
        <translation>Inspection log</translation>
    </message>
    <message>
        <source>朗读</source>
        <translation>Reading aloud</translation>
    </message>
    <message>
        <source>告警</source>
        <translation>Alarms</translation>
    </message>
    <message>
        <source>录音</source>
        <translation>Recordings</translation>
    </message>
    <message>
        <source>值班人员</source>
        <translation>People</translation>
    </message>
    <message>
        <source>审阅</source>
        <translation>Review</translation>
    </message>
    <message>
        <source>值班员姓名</source>
        <translation>Operator&apos;s name</translation>
    </message>
    <message>
        <source>写入每条巡检日志</source>
        <translation>Written into every entry of the inspection log</translation>
    </message>
    <message>
        <source>席位名称</source>
        <translation>Name of the desk</translation>
    </message>
    <message>
        <source>写入每条巡检日志; 默认为本机名</source>
        <translation>Written into every entry of the inspection log; by default the name of this computer</translation>
    </message>
    <message>
        <source>麦克风名称</source>
        <translation>Microphone</translation>
    </message>
    <message>
        <source>留空使用系统默认的麦克风</source>
        <translation>Its name; empty: the system&apos;s default microphone</translation>
    </message>
    <message>
        <source>待命</source>
        <translation>Standby</translation>
    </message>
    <message>
        <source>麦克风一直打开, 按键之前0.3秒的声音也听得到, 只留在内存里; 关掉后按键时才打开</source>
        <translation>The microphone is always open, so that the 0.3 seconds before the key are heard too; they stay in memory. Off: it opens with the key</translation>
    </message>
    <message>
        <source>提示音</source>
        <translation>Cue</translation>
    </message>
    <message>
        <source>开始听的时候响一声</source>
        <translation>A short tone when listening begins</translation>
    </message>
    <message>
        <source>免按</source>
        <translation>Hands-free</translation>
    </message>
    <message>
        <source>按一下开始, 说完自动结束</source>
        <translation>Press once to begin; it ends by itself when you have spoken</translation>
    </message>
    <message>
        <source>语音识别模型</source>
        <translation>Recognition model</translation>
    </message>
    <message>
        <source>模型的名称, 见 griddesk models list</source>
        <translation>Name of the model; see griddesk models list</translation>
    </message>
    <message>
        <source>查询前的确认</source>
        <translation>Confirmation</translation>
    </message>
    <message>
        <source>口头指令在查询前要不要先确认</source>
        <translation>Whether spoken commands are confirmed before anything is asked</translation>
    </message>
    <message>
        <source>拿不准才问</source>
        <translation>Only when unsure</translation>
    </message>
    <message>
        <source>每条都先确认</source>
        <translation>Every command</translation>
    </message>
    <message>
        <source>前缀适配器</source>
        <translation>Prefix adapter</translation>
    </message>
    <message>
        <source>适配器的名称; 留空使用已启用的适配器, 没有则用模型自带的</source>
        <translation>Name of the adapter; empty: the one that is activated, else the model&apos;s own</translation>
    </message>
    <message>
        <source>在哪里运行</source>
        <translation>Runs on</translation>
    </message>
    <message>
        <source>自动: 有显卡时用显卡</source>
        <translation>Automatic: the GPU where there is one</translation>
    </message>
    <message>
        <source>自动</source>
        <translation>Automatic</translation>
    </message>
    <message>
        <source>处理器</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>显卡</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>权重的压缩</source>
        <translation>Compression of weights</translation>
    </message>
    <message>
        <source>自动: 按空闲的显存或内存决定</source>
        <translation>Automatic: as the free memory allows</translation>
    </message>
    <message>
        <source>不压缩</source>
        <translation>None</translation>
    </message>
    <message>
        <source>8位</source>
        <translation>8 bit</translation>
    </message>
    <message>
        <source>4位 (nf4)</source>
        <translation>4 bit (nf4)</translation>
    </message>
    <message>
        <source>4位 (fp4)</source>
        <translation>4 bit (fp4)</translation>
    </message>
    <message>
        <source>没有另行指定时答复的站点系统的名称</source>
        <translation>Name of the site system that answers unless another one is named</translation>
    </message>
    <message>
        <source>分派</source>
        <translation>Routes</translation>
    </message>
    <message>
        <source>哪些查询由别的站点系统答复, 条件 = 系统名; 例如 &quot;detection&quot; = &quot;cameras&quot;, &quot;work_orders region=济南&quot; = &quot;jinan&quot;</source>
        <translation>Which questions other site systems answer, condition = name of the system; for example &quot;detection&quot; = &quot;cameras&quot;, &quot;work_orders region=North&quot; = &quot;north&quot;</translation>
    </message>
    <message>
        <source>查询时限</source>
        <translation>Time limit</translation>
    </message>
    <message>
        <source>一次查询最多等多久</source>
        <translation>How long a question may take</translation>
    </message>
    <message>
        <source>秒</source>
        <translation>s</translation>
    </message>
    <message>
        <source>数据时效</source>
        <translation>Oldest data</translation>
    </message>
    <message>
        <source>检测结果最旧可以多旧, 再旧算数据过期</source>
        <translation>How old a result may be; an older one counts as out of date</translation>
    </message>
    <message>
        <source>同时查询数</source>
        <translation>Questions at a time</translation>
    </message>
    <message>
        <source>每个站点系统同时查询的个数</source>
        <translation>How many questions each site system gets at a time</translation>
    </message>
    <message>
        <source>个</source>
        <translation>at a time</translation>
    </message>
    <message>
        <source>界面颜色</source>
        <translation>Colours</translation>
    </message>
    <message>
        <source>也可以在窗口右上角切换</source>
        <translation>Can be switched at the top right of the window too</translation>
    </message>
    <message>
        <source>深色</source>
        <translation>Dark</translation>
    </message>
    <message>
        <source>浅色</source>
        <translation>Light</translation>
    </message>
    <message>
        <source>说话的键</source>
        <translation>Key to talk</translation>
    </message>
    <message>
        <source>按住它说话, 松开结束</source>
        <translation>Hold it to talk; let go to end</translation>
    </message>
    <message>
        <source>放大倍数</source>
        <translation>Magnification</translation>
    </message>
    <message>
        <source>文字和按钮一起放大</source>
        <translation>Of text and buttons alike</translation>
    </message>
    <message>
        <source>倍</source>
        <translation>×</translation>
    </message>
    <message>
        <source>常用站点</source>
        <translation>Favourite sites</translation>
    </message>
    <message>
        <source>站点的编号, 最多显示4个; 留空按最近查过的显示</source>
        <translation>Ids of the sites; 4 at most are shown. Empty: those asked about of late</translation>
    </message>
    <message>
        <source>入门引导</source>
        <translation>First steps</translation>
    </message>
    <message>
        <source>下次打开窗口时显示入门引导; 走完或跳过后自动关掉</source>
        <translation>Shown when the window opens next; off once they are done or skipped</translation>
    </message>
    <message>
        <source>界面语言</source>
        <translation>Language</translation>
    </message>
    <message>
        <source>口头指令和结论总是中文</source>
        <translation>Commands and findings are always Chinese</translation>
    </message>
    <message>
        <source>随操作系统</source>
        <translation>As the operating system</translation>
    </message>
    <message>
        <source>中文</source>
        <translation>Chinese</translation>
    </message>
    <message>
        <source>英文</source>
        <translation>English</translation>
    </message>
    <message>
        <source>日志文件夹</source>
        <translation>Folder of the log</translation>
    </message>
    <message>
        <source>巡检日志所在的文件夹; 留空使用程序的数据文件夹</source>
        <translation>Where the inspection log lies; empty: the program&apos;s data folder</translation>
    </message>
    <message>
        <source>朗读什么</source>
        <translation>What is read aloud</translation>
    </message>
    <message>
        <source>用语音说出哪些内容</source>
        <translation>What the desk says with its voice</translation>
    </message>
    <message>
        <source>不朗读</source>
        <translation>Nothing</translation>
    </message>
    <message>
        <source>结论和提问</source>
        <translation>Findings and questions</translation>
    </message>
    <message>
        <source>结论、提问、理解到的指令和应答</source>
        <translation>Commands and replies as well</translation>
    </message>
    <message>
        <source>静音</source>
        <translation>Muted</translation>
    </message>
    <message>
        <source>暂时不朗读; 也可以在窗口里切换</source>
        <translation>Nothing is read aloud for now; can be switched in the window too</translation>
    </message>
    <message>
        <source>朗读快慢</source>
        <translation>Speed</translation>
    </message>
    <message>
        <source>0 为正常, 负数更慢</source>
        <translation>0 is normal, less is slower</translation>
    </message>
    <message>
        <source>朗读音量</source>
        <translation>Volume</translation>
    </message>
    <message>
        <source>0 无声, 1 最响</source>
        <translation>0 is silent, 1 is loudest</translation>
    </message>
    <message>
        <source>朗读的语音</source>
        <translation>Voice</translation>
    </message>
    <message>
        <source>语音的名称; 留空使用第一个中文语音</source>
        <translation>Name of the voice; empty: the first Chinese one</translation>
    </message>
    <message>
        <source>告警响铃</source>
        <translation>Alarm bell</translation>
    </message>
    <message>
        <source>有未确认的告警时响铃</source>
        <translation>Rings while an alarm is not acknowledged</translation>
    </message>
    <message>
        <source>响铃间隔</source>
        <translation>Rings every</translation>
    </message>
    <message>
        <source>未确认时隔多久再响一次</source>
        <translation>How long until it rings again while nobody acknowledges</translation>
    </message>
    <message>
        <source>说过的话留下什么; 指纹写入巡检日志</source>
        <translation>What is kept of what was said; the fingerprint goes into the log</translation>
    </message>
    <message>
        <source>不留痕迹</source>
        <translation>Nothing</translation>
    </message>
    <message>
        <source>只留指纹 (SHA-256)</source>
        <translation>Only the fingerprint (SHA-256)</translation>
    </message>
    <message>
        <source>指纹和录音文件</source>
        <translation>Fingerprint and audio file</translation>
    </message>
    <message>
        <source>保留多久</source>
        <translation>Kept for</translation>
    </message>
    <message>
        <source>录音文件到期删除</source>
        <translation>Audio files are deleted after that</translation>
    </message>
    <message>
        <source>天</source>
        <translation>days</translation>
    </message>
    <message>
        <source>自动锁屏</source>
        <translation>Lock after</translation>
    </message>
    <message>
        <source>有账户时, 多久无人操作就锁定屏幕; 0 不自动锁定</source>
        <translation>With accounts: how long nobody may touch the desk before the screen is locked; 0: never</translation>
    </message>
    <message>
        <source>分钟</source>
        <translation>min</translation>
    </message>
    <message>
        <source>常用筛选</source>
        <translation>Saved filters</translation>
    </message>
    <message>
        <source>审阅窗口的常用筛选, 名称 = 条件; 例如 &quot;本周未结的告警&quot; = &quot;span=week severity=alarm open=yes&quot;</source>
        <translation>Filters of the review window, name = condition; for example &quot;Open alarms this week&quot; = &quot;span=week severity=alarm open=yes&quot;</translation>
    </message>
    <message>
        <source>（空）</source>
        <translation>(empty)</translation>
    </message>
    <message>
        <source>增加「{text}」</source>
        <translation>Added: {text}</translation>
    </message>
    <message>
        <source>去掉「{text}」</source>
        <translation>Removed: {text}</translation>
    </message>
    <message>
        <source>开</source>
        <translation>On</translation>
    </message>
    <message>
        <source>关</source>
        <translation>Off</translation>
    </message>
    <message>
        <source>、</source>
        <translation>, </translation>
    </message>
</context>
<context>
    <name>trends</name>
    <message>
        <source>最近 30 天</source>
        <translation>Last 30 days</translation>
    </message>
    <message>
        <source>最近 12 周</source>
        <translation>Last 12 weeks</translation>
    </message>
    <message>
        <source>最近 12 个月</source>
        <translation>Last 12 months</translation>
    </message>
    <message>
        <source>从…到…</source>
        <translation>From … to …</translation>
    </message>
    <message>
        <source>全部片区</source>
        <translation>All regions</translation>
    </message>
    <message>
        <source>全部检查</source>
        <translation>All checks</translation>
    </message>
    <message>
        <source>{measure}  {bucket}  {first} 至 {last}</source>
        <translation>{measure}  {bucket}  {first} to {last}</translation>
    </message>
    <message>
        <source>算法：{how}</source>
        <translation>Counted: {how}</translation>
    </message>
    <message>
        <source>片区：{region}</source>
        <translation>Region: {region}</translation>
    </message>
    <message>
        <source>检查：{check}</source>
        <translation>Check: {check}</translation>
    </message>
    <message>
        <source>；</source>
        <translation>; </translation>
    </message>
    <message>
        <source>断开处没有计数，不是零</source>
        <translation>A gap: nothing was counted, which is not zero</translation>
    </message>
    <message>
        <source>斜纹：所画的线都没有计数</source>
        <translation>Hatched: no line drawn was counted</translation>
    </message>
    <message>
        <source>空心：计数不足 {n}，变一个就差很多</source>
        <translation>Hollow: fewer than {n} counted, one more changes it much</translation>
    </message>
    <message>
        <source>纵轴断开，从 {low} 画起</source>
        <translation>Torn axis: begins at {low}</translation>
    </message>
    <message>
        <source>最后一点未满期</source>
        <translation>The last point is not over yet</translation>
    </message>
    <message>
        <source>画了 {lines} 条线中的 {n} 条</source>
        <translation>{n} of {lines} lines drawn</translation>
    </message>
    <message>
        <source>{first} 至 {last} 没有可以统计{measure}的记录。把时间放长，或者换一个指标、片区或检查；做过巡检之后，这里会画出趋势。</source>
        <translation>From {first} to {last} no record counts for {measure}. Choose a longer time, or another measure, region or check; once there are inspections, their trend is drawn here.</translation>
    </message>
    <message>
        <source>发现数</source>
        <translation>Findings</translation>
    </message>
    <message>
        <source>出勤率</source>
        <translation>Attendance</translation>
    </message>
    <message>
        <source>安全帽佩戴率</source>
        <translation>Hard hats worn</translation>
    </message>
    <message>
        <source>电笔携带率</source>
        <translation>Voltage testers carried</translation>
    </message>
    <message>
        <source>发现率</source>
        <translation>Rate of findings</translation>
    </message>
    <message>
        <source>未答复率</source>
        <translation>Unanswered calls</translation>
    </message>
    <message>
        <source>听写分歧率</source>
        <translation>Recognisers differ</translation>
    </message>
    <message>
        <source>模型分歧率</source>
        <translation>Model differs</translation>
    </message>
    <message>
        <source>级别为注意或告警的答复条数</source>
        <translation>answers of severity attention or alarm</translation>
    </message>
    <message>
        <source>到岗人数（不超过应到）÷ 应到人数；多出的人不抵别处的缺勤</source>
        <translation>people there (at most those expected) ÷ people expected; too many at one place do not make up for absence at another</translation>
    </message>
    <message>
        <source>佩戴安全帽的人数 ÷ 安全检查中数到的人数</source>
        <translation>people with a hard hat ÷ people counted in that check</translation>
    </message>
    <message>
        <source>携带电笔的人数 ÷ 设备检查中数到的人数</source>
        <translation>people with a voltage tester ÷ people counted in that check</translation>
    </message>
    <message>
        <source>级别为注意或告警的答复 ÷ 有结论的答复</source>
        <translation>answers of severity attention or alarm ÷ answers with a verdict</translation>
    </message>
    <message>
        <source>没有可用数字的查询 ÷ 全部查询</source>
        <translation>calls without a usable number ÷ all calls</translation>
    </message>
    <message>
        <source>两路识别不一致的语音指令 ÷ 有两路识别的语音指令</source>
        <translation>spoken commands whose two readings differ ÷ those with two readings</translation>
    </message>
    <message>
        <source>与规则不同的模型语句 ÷ 模型写出的语句</source>
        <translation>sentences of the model that differ from the rule&apos;s ÷ all that it wrote</translation>
    </message>
    <message>
        <source>单击或回车打开该时段的全部人数检测，含没有数字的</source>
        <translation>a click or Enter opens all headcounts of that time, those without a number too</translation>
    </message>
    <message>
        <source>单击或回车打开该时段的全部安全检查，含没有数字的</source>
        <translation>a click or Enter opens all hard-hat checks of that time, those without a number too</translation>
    </message>
    <message>
        <source>单击或回车打开该时段的全部设备检查，含没有数字的</source>
        <translation>a click or Enter opens all equipment checks of that time, those without a number too</translation>
    </message>
    <message>
        <source>单击或回车打开该时段的全部记录，含没有结论的</source>
        <translation>a click or Enter opens all records of that time, those without a verdict too</translation>
    </message>
    <message>
        <source>单击或回车打开该时段的全部记录</source>
        <translation>a click or Enter opens all records of that time</translation>
    </message>
    <message>
        <source>单击或回车打开该时段的全部记录，含没有两路识别的</source>
        <translation>a click or Enter opens all records of that time, those without two readings too</translation>
    </message>
    <message>
        <source>单击或回车打开该时段的全部记录，含模型没有写的</source>
        <translation>a click or Enter opens all records of that time, those that the model did not write too</translation>
    </message>
    <message>
        <source>日志不能只查未写片区的，打开的是所有片区的记录</source>
        <translation>The log cannot look for sites without a region alone: the records of all regions open</translation>
    </message>
    <message>
        <source>打开的记录也含没有数字的</source>
        <translation>records without a number are opened too</translation>
    </message>
    <message>
        <source>打开的记录也含没有结论的</source>
        <translation>records without a verdict are opened too</translation>
    </message>
    <message>
        <source>打开的记录也含没有查询的</source>
        <translation>records that asked nothing are opened too</translation>
    </message>
    <message>
        <source>打开的记录也含没有两路识别的</source>
        <translation>records without two readings are opened too</translation>
    </message>
    <message>
        <source>打开的记录也含模型没有写的</source>
        <translation>records for which the model wrote nothing are opened too</translation>
    </message>
    <message>
        <source>按日</source>
        <translation>by day</translation>
    </message>
    <message>
        <source>按周</source>
        <translation>by week</translation>
    </message>
    <message>
        <source>按月</source>
        <translation>by month</translation>
    </message>
    <message>
        <source>全部合计</source>
        <translation>All together</translation>
    </message>
    <message>
        <source>每个片区一条线</source>
        <translation>A line for each region</translation>
    </message>
    <message>
        <source>每个工地一条线</source>
        <translation>A line for each site</translation>
    </message>
    <message>
        <source>全部</source>
        <translation>All</translation>
    </message>
    <message>
        <source>未写片区</source>
        <translation>No region</translation>
    </message>
    <message>
        <source>{first} 至 {last}</source>
        <translation>{first} to {last}</translation>
    </message>
    <message>
        <source>没有计数</source>
        <translation>not counted</translation>
    </message>
    <message>
        <source>计数不足 {n}</source>
        <translation>fewer than {n} counted</translation>
    </message>
    <message>
        <source>未满期</source>
        <translation>not over yet</translation>
    </message>
    <message>
        <source>，</source>
        <translation>, </translation>
    </message>
    <message>
        <source>{span}  {name}  {value}（{part}/{whole}，{runs} 次巡检）</source>
        <translation>{span}  {name}  {value} ({part}/{whole}, {runs} runs)</translation>
    </message>
    <message>
        <source>趋势图不能存成「{suffix}」文件</source>
        <translation>A chart cannot be saved as a “{suffix}” file</translation>
    </message>
    <message>
        <source>请以 .png 或 .pdf 结尾。</source>
        <translation>Let its name end with .png or .pdf.</translation>
    </message>
    <message>
        <source>趋势</source>
        <translation>Trends</translation>
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
        <source>「{text}」</source>
        <translation>“{text}”</translation>
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
